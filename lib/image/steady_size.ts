/**
 * Frames of a source whose sender makes them smaller or larger meanwhile, as clients do when the network or the server is busy.
 *
 * @module
 */

import type { Size } from "./size.ts";

/** How much the shapes of two frames may differ, as a share: sizes are whole pixels. */
const SHAPE_TOLERANCE = 0.01;

/** The size in whose pixels a source is followed: that of its first frame, for as long as frames have that shape. */
export class SteadySize {
  #size: Size | undefined;

  /**
   * Takes the size of the next frame.
   *
   * @returns The size to follow it in: the same object until frames have another shape, which begins anew with theirs
   */
  next({ width, height }: Size): Size {
    const size = this.#size;
    if (size !== undefined) {
      const ratio = width * size.height / (height * size.width);
      if (Math.abs(ratio - 1) <= SHAPE_TOLERANCE) return size;
    }
    return this.#size = { width, height };
  }
}
