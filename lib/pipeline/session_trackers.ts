import { Tracker } from "../detection/tracker.ts";
import type { Detection } from "../protocol/detection.ts";

/** Follows the objects of one stream or video, for each node that does so. */
export class NodeTrackers {
  readonly #trackers = new Map<string, Tracker>();

  /**
   * Matches the objects of a frame with those of the frames before.
   *
   * @param nodeId The node that follows them
   * @param detections Those of the next frame
   * @param timestampMs When the frame was taken, in milliseconds of the session's own steady clock
   * @returns Copies; those that are followed have a `track_id` that stays with them
   */
  follow(nodeId: string, detections: readonly Detection[], timestampMs: number): Detection[] {
    const tracker = this.#trackers.getOrInsertComputed(nodeId, () => new Tracker());
    const ids = tracker.update([...detections], timestampMs);
    return detections.map(({ track_id: _, ...detection }, index) => {
      const id = ids[index];
      return id === undefined ? detection : { ...detection, track_id: id };
    });
  }
}

/** The trackers of all streams and videos that have not ended. */
export class SessionTrackers {
  readonly #sessions = new Map<string, NodeTrackers>();

  /**
   * Those of a stream or video. Ask when a frame begins: one that is still under way when its session ends then leaves nothing
   * behind.
   */
  of(sessionId: string): NodeTrackers {
    return this.#sessions.getOrInsertComputed(sessionId, () => new NodeTrackers());
  }

  /** Forgets a stream or video. */
  endSession(sessionId: string): void {
    this.#sessions.delete(sessionId);
  }
}
