import { roundToTenths } from "../image/round_to_tenths.ts";
import type { Detection } from "../protocol/detection.ts";

/** Moves what was found in a part of an image to where it lies in the whole: the box, and all that belongs to it. */
export function moveDetection(
  { bbox, mask, keypoints, polygon, ...rest }: Detection,
  { left, top }: { left: number; top: number },
): Detection {
  const move = <T extends readonly [x: number, y: number, ...rest: number[]]>(
    [x, y, ...others]: T,
  ) => [roundToTenths(x + left), roundToTenths(y + top), ...others] as unknown as T;
  const [a, b, c, d] = polygon ?? [];
  return {
    ...rest,
    bbox: move(bbox),
    ...(mask && { mask: mask.map(move) }),
    ...(keypoints && { keypoints: keypoints.map(move) }),
    ...(a && b && c && d && { polygon: [move(a), move(b), move(c), move(d)] }),
  };
}
