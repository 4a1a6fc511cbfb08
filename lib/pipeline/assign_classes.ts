import { intersectionOverUnion, toCorners } from "../image/boxes.ts";
import type { Detection } from "../protocol/detection.ts";
import type { ClassifiedRegion } from "./step.ts";

/** Overlap (intersection over union) above which a region is the box of a detection, which may have moved since. */
const SAME_BOX_IOU = 0.5;

/** Gives detections the classes of the regions that their boxes are. */
export function assignClasses(
  detections: readonly Detection[],
  classified: readonly ClassifiedRegion[],
): Detection[] {
  const regions = classified.flatMap(({ region, classes }) =>
    region === undefined ? [] : [{ corners: toCorners(region), classes }]
  );
  return detections.map((detection) => {
    const box = toCorners(detection.bbox);
    let best = SAME_BOX_IOU;
    let classes: Detection["classes"];
    for (const region of regions) {
      const overlap = intersectionOverUnion(region.corners, box);
      if (overlap > best) [best, classes] = [overlap, region.classes];
    }
    return classes === undefined ? detection : { ...detection, classes };
  });
}
