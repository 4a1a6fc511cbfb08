import type { Size } from "../../image/size.ts";

/** Larger videos would cost phones more than they show. */
const LONGEST_SIDE = 1280;

/** The size at which a source is recorded: its own, but no longer than 1280; even, as video encoders want it. */
export function recordingSize({ width, height }: Size): Size {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  const even = (side: number) => Math.max(2, 2 * Math.round(side * scale / 2));
  return { width: even(width), height: even(height) };
}
