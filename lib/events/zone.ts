/**
 * A part of the picture, and whether objects are in it.
 *
 * @module
 */

import type { FrameSize } from "../protocol/geometry.ts";
import type { PicturePoint } from "../protocol/rule.ts";
import type { Sighting } from "./followed_objects.ts";
import { areaOf, depthOf, distanceToEdges, edgesOf, holds, type Place } from "./geometry.ts";
import { HYSTERESIS } from "./rule_watch.ts";

/** Share of the picture within which a corner counts as on the picture's edge. */
const EDGE = 0.02;

/** So that what stands on the picture's edge is inside a zone that ends there, in pixels. */
const INSET = 0.01;

/** A zone in the pixels of a frame. */
export class Zone {
  readonly #polygon: readonly Place[];
  /** Those that are not the picture's own edge, across which nothing can be seen to go. */
  readonly #borders: readonly [Place, Place][];
  /** The margin at the most, so that a narrow zone can be entered; `undefined` until somebody comes near its border. */
  #mostMargin: number | undefined;
  readonly #frame: FrameSize;
  readonly #box: { left: number; top: number; right: number; bottom: number };

  /**
   * Moves corners that are nearly on the picture's edge onto it.
   *
   * @param corners As shares of the picture
   */
  constructor(corners: readonly PicturePoint[], frame: FrameSize) {
    const { width, height } = frame;
    this.#frame = frame;
    const drawn = corners.map(([x, y]): Place => [x * width, y * height]);
    const snapped = corners.map(([x, y]): Place => [snap(x) * width, snap(y) * height]);
    // Little would be left of one that is narrow.
    const polygon = areaOf(snapped) < areaOf(drawn) / 2 ? drawn : snapped;
    this.#polygon = polygon;
    this.#borders = edgesOf(polygon).filter((edge) => !isPictureEdge(edge, frame));
    const [xs, ys] = [polygon.map(([x]) => x), polygon.map(([, y]) => y)];
    this.#box = {
      left: Math.min(...xs),
      top: Math.min(...ys),
      right: Math.max(...xs),
      bottom: Math.max(...ys),
    };
  }

  /** Whether a place is inside. */
  holds([x, y]: Place): boolean {
    const { left, top, right, bottom } = this.#box;
    if (x < left || x > right || y < top || y > bottom) return false;
    const { width, height } = this.#frame;
    return holds(this.#polygon, [
      Math.max(INSET, Math.min(width - INSET, x)),
      Math.max(INSET, Math.min(height - INSET, y)),
    ]);
  }

  /**
   * Whether an object is inside: only well beyond the border does that change.
   *
   * @param wasInside Whether it was before; `undefined` for one that is seen for the first time, which the border itself decides
   */
  decide(
    { anchor, size }: Pick<Sighting, "anchor" | "size">,
    wasInside: boolean | undefined,
  ): boolean {
    const isInside = this.holds(anchor);
    if (wasInside === undefined || isInside === wasInside) return isInside;
    this.#mostMargin ??= depthOf(this.#polygon, this.#borders) / 2;
    const margin = Math.min(HYSTERESIS * size, this.#mostMargin);
    return distanceToEdges(anchor, this.#borders) >= margin ? isInside : wasInside;
  }
}

function snap(share: number): number {
  return share <= EDGE ? 0 : share >= 1 - EDGE ? 1 : share;
}

function isPictureEdge([[ax, ay], [bx, by]]: [Place, Place], { width, height }: FrameSize) {
  return ax === bx && (ax === 0 || ax === width) || ay === by && (ay === 0 || ay === height);
}
