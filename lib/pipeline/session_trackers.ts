import { Tracker } from "../detection/tracker.ts";
import { scaleBox } from "../image/scale_result.ts";
import type { Size } from "../image/size.ts";
import { SteadySize } from "../image/steady_size.ts";
import type { Detection } from "../protocol/detection.ts";

/** Follows the objects of one stream or video, for each node that does so. */
export class NodeTrackers {
  readonly #nodes = new Map<string, FollowedNode>();

  /**
   * Matches the objects of a frame with those of the frames before, which may have been smaller or larger.
   *
   * @param nodeId The node that follows them
   * @param detections Those of the next frame
   * @param frame Its size, and when it was taken, in milliseconds of the session's own steady clock
   * @returns Copies; those that are followed have a `track_id` that stays with them
   */
  follow(
    nodeId: string,
    detections: readonly Detection[],
    { size, timestampMs }: { size: Size; timestampMs: number },
  ): Detection[] {
    const node = this.#nodes.getOrInsertComputed(nodeId, () => ({
      tracker: new Tracker(),
      size: new SteadySize(),
      seen: [],
      followed: [],
    }));
    if (isSame(detections, node.seen)) return [...node.followed];
    const steady = node.size.next(size);
    const ids = node.tracker.update(
      detections.map((each) => ({ ...each, bbox: scaleBox(each.bbox, size, steady) })),
      timestampMs,
    );
    node.seen = [...detections];
    node.followed = detections.map(({ track_id: _, ...detection }, index) => {
      const id = ids[index];
      return id === undefined ? detection : { ...detection, track_id: id };
    });
    return [...node.followed];
  }
}

/** A node that follows objects. */
interface FollowedNode {
  tracker: Tracker;
  /** In whose pixels the tracker works. */
  size: SteadySize;
  /** The detections that it was given last. */
  seen: readonly Detection[];
  /** Its answer to them. */
  followed: readonly Detection[];
}

/**
 * Whether detections are those of the frame before, as where a detector with an interval has not run since. They do not show that
 * nothing moves.
 */
function isSame(detections: readonly Detection[], seen: readonly Detection[]): boolean {
  return detections.length > 0 && detections.length === seen.length &&
    detections.every((detection, index) => detection === seen[index]);
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
