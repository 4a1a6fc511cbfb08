import { Tracker } from "../../../lib/detection/tracker.ts";
import type { Clip } from "./clips.ts";
import { scoreTracking, type TrackingScore } from "./tracking_score.ts";

/**
 * Follows the objects of a clip, and scores that.
 *
 * @param clock The times that the tracker is told.
 */
export function followClip(
  { frames }: Clip,
  clock: "arrivedMs" | "answeredMs" = "arrivedMs",
): TrackingScore {
  const tracker = new Tracker();
  return scoreTracking(frames.map(({ truth, detections, ...times }) => {
    const ids = tracker.update(detections, times[clock]);
    const tracked = detections.flatMap(({ bbox }, index) => {
      const id = ids[index];
      return id === undefined ? [] : [{ id, bbox }];
    });
    return { truth, tracked };
  }));
}
