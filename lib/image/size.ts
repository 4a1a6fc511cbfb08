/** A size in pixels. */
export interface Size {
  /** From the left edge to the right one, 1 or more. */
  width: number;
  /** From the top edge to the bottom one, 1 or more. */
  height: number;
}
