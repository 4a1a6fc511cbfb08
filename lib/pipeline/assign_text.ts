import { intersectionOverUnion, toCorners } from "../image/boxes.ts";
import type { Detection } from "../protocol/detection.ts";
import type { ReadLine } from "./step.ts";

/** Least overlap (intersection over union) of a detection with the region that a line was read in, which may be older. */
const LEAST_OVERLAP = 0.3;

/**
 * Gives each detection the text that was read inside it, a line each, as `text`.
 *
 * @param lines Those that were read in a region go to the detection that overlaps it most; others go to none
 * @returns The detections; those with text as copies
 */
export function assignText(
  detections: readonly Detection[],
  lines: readonly ReadLine[],
): Detection[] {
  const texts = new Map<Detection, string[]>();
  for (const { region, text } of lines) {
    if (region === undefined) continue;
    const corners = toCorners(region);
    let [most, best]: [number, Detection | undefined] = [LEAST_OVERLAP, undefined];
    for (const detection of detections) {
      const overlap = intersectionOverUnion(corners, toCorners(detection.bbox));
      if (overlap > most) [most, best] = [overlap, detection];
    }
    if (best !== undefined) texts.set(best, [...texts.get(best) ?? [], text]);
  }
  return detections.map((detection) => {
    const text = texts.get(detection);
    return text === undefined ? detection : { ...detection, text: text.join("\n") };
  });
}
