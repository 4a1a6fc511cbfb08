/** Objects of some size. */
export class AreaRange {
  readonly #least: number;
  readonly #most: number;

  /** From `least` to `most` square pixels of the image, both included. */
  constructor(least: number, most: number) {
    this.#least = least;
    this.#most = most;
  }

  /** Whether an area, in square pixels, is in the range. */
  holds(area: number): boolean {
    return area >= this.#least && area <= this.#most;
  }
}

/** Objects of every size. */
export const ANY_AREA = new AreaRange(0, Infinity);

/** Names of the sizes that COCO tells apart. */
export const SIZE_NAMES = ["small", "medium", "large"] as const;

/** Name of a size that COCO tells apart. */
export type SizeName = typeof SIZE_NAMES[number];

/** The sizes that COCO tells apart: up to 32×32 pixels, up to 96×96, and beyond. */
export const SIZES: Readonly<Record<SizeName, AreaRange>> = {
  small: new AreaRange(0, 32 ** 2),
  medium: new AreaRange(32 ** 2, 96 ** 2),
  large: new AreaRange(96 ** 2, Infinity),
};
