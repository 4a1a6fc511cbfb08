import { mapDetection } from "../image/map_geometry.ts";
import { roundToTenths } from "../image/round_to_tenths.ts";
import type { Detection } from "../protocol/detection.ts";

/** Moves what was found in a part of an image to where it lies in the whole: the box, and all that belongs to it. */
export function moveDetection(
  detection: Detection,
  { left, top }: { left: number; top: number },
): Detection {
  const across = (x: number) => roundToTenths(x + left);
  const down = (y: number) => roundToTenths(y + top);
  return mapDetection(detection, {
    point: ([x, y]) => [across(x), down(y)],
    box: ([x, y, width, height]) => [across(x), down(y), width, height],
  });
}
