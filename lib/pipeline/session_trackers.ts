import { Tracker } from "../detection/tracker.ts";
import type { Detection } from "../protocol/detection.ts";

/** Follows the objects of streams and videos, for each node that does so. */
export class SessionTrackers {
  readonly #sessions = new Map<string, Map<string, Tracker>>();

  /**
   * Matches the objects of a frame with those of the frames before.
   *
   * @param sessionId The stream or video
   * @param nodeId The node that follows them
   * @param detections Those of the next frame
   * @param timestampMs When the frame was taken, in milliseconds of the session's own steady clock
   * @returns Copies; those that are followed have a `track_id` that stays with them
   */
  follow(
    sessionId: string,
    nodeId: string,
    detections: readonly Detection[],
    timestampMs: number,
  ): Detection[] {
    const trackers = this.#sessions.getOrInsertComputed(sessionId, () => new Map());
    const tracker = trackers.getOrInsertComputed(nodeId, () => new Tracker());
    const ids = tracker.update([...detections], timestampMs);
    return detections.map(({ track_id: _, ...detection }, index) => {
      const id = ids[index];
      return id === undefined ? detection : { ...detection, track_id: id };
    });
  }

  /** Forgets a stream or video. */
  endSession(sessionId: string): void {
    this.#sessions.delete(sessionId);
  }
}
