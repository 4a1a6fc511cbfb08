/**
 * Measures a detector's accuracy as COCO does.
 *
 * @module
 */

import { ANY_AREA, type AreaRange, type SizeName, SIZES } from "./area_ranges.ts";
import { averagePrecision } from "./average_precision.ts";
import type { FoundObject, LabelledImage, LabelledObject } from "./labelled_image.ts";
import { type Judged, matchDetections, OVERLAPS } from "./match_detections.ts";

/** How accurate a detector is; each share is between 0 and 1. */
export interface Accuracy {
  /** Number of objects that were to be found. */
  objects: number;
  /** Mean average precision over the overlaps from 0.5 to 0.95. */
  map50_95: number;
  /** Mean average precision at an overlap of 0.5. */
  map50: number;
  /** At an overlap of 0.5 and above the confidence in use: the share of the detections that are right; 0 where there are none. */
  precision: number;
  /** At an overlap of 0.5 and above the confidence in use: the share of the objects that are found. */
  recall: number;
  /** Share of the objects that are found at whatever confidence, over the overlaps from 0.5 to 0.95 (COCO's AR, 100). */
  ar100: number;
}

/** How accurate a detector is, altogether and in parts; `undefined` where there is nothing to be found. */
export interface Evaluation {
  /** Means over the classes that have objects. */
  all: Accuracy | undefined;
  /** The same for objects of some size only. */
  sizes: Record<SizeName, Accuracy | undefined>;
  /** One for each class that has objects, by its index. */
  classes: Map<number, Accuracy>;
}

/**
 * Compares what was found with what there is.
 *
 * @param images With detections of all confidences, also low ones: mean average precision needs them
 * @param confidence The confidence in use, which detections have to exceed to count for precision and recall
 */
export function evaluateDetections(
  images: readonly LabelledImage[],
  confidence: number,
): Evaluation {
  const byClass = splitByClass(images);
  const classes = evaluateClasses(byClass, ANY_AREA, confidence);
  const ofSize = (size: SizeName) =>
    meanAccuracy([...evaluateClasses(byClass, SIZES[size], confidence).values()]);
  return {
    all: meanAccuracy([...classes.values()]),
    sizes: { small: ofSize("small"), medium: ofSize("medium"), large: ofSize("large") },
    classes,
  };
}

/** The objects and detections of one class in one image. */
interface ClassInImage {
  objects: LabelledObject[];
  detections: FoundObject[];
}

/** For each class that is labelled, in the order of their indices, what every image has of it; images with nothing are left out. */
function splitByClass(images: readonly LabelledImage[]): Map<number, ClassInImage[]> {
  const ids = images.flatMap(({ objects }) => objects.map(({ classId }) => classId));
  const byClass = new Map<number, ClassInImage[]>(
    ids.sort((a, b) => a - b).map((id) => [id, []]),
  );
  for (const { objects, detections } of images) {
    const objectsOf = Map.groupBy(objects, ({ classId }) => classId);
    const detectionsOf = Map.groupBy(detections, ({ classId }) => classId);
    for (const id of new Set([...objectsOf.keys(), ...detectionsOf.keys()])) {
      byClass.get(id)?.push({
        objects: objectsOf.get(id) ?? [],
        detections: detectionsOf.get(id) ?? [],
      });
    }
  }
  return byClass;
}

function evaluateClasses(
  byClass: ReadonlyMap<number, ClassInImage[]>,
  range: AreaRange,
  confidence: number,
): Map<number, Accuracy> {
  const accuracies = new Map<number, Accuracy>();
  for (const [classId, images] of byClass) {
    const matches = images.map(({ objects, detections }) =>
      matchDetections(objects, detections, range)
    );
    const objects = matches.reduce((sum, match) => sum + match.objects, 0);
    if (objects === 0) continue;
    const judged = matches.flatMap(({ detections }) => detections)
      .sort((a, b) => b.confidence - a.confidence);
    accuracies.set(classId, measure(judged, objects, confidence));
  }
  return accuracies;
}

function measure(judged: readonly Judged[], objects: number, confidence: number): Accuracy {
  const curves = OVERLAPS.map((_, index) =>
    averagePrecision(judged.map(({ verdicts }) => verdicts[index] ?? "wrong"), objects)
  );
  const inUse = judged.filter((each) => each.confidence > confidence)
    .map(({ verdicts: [verdict] }) => verdict);
  const right = inUse.filter((verdict) => verdict === "right").length;
  const looked = inUse.filter((verdict) => verdict !== "ignored").length;
  return {
    objects,
    map50_95: mean(curves.map((curve) => curve.averagePrecision)),
    map50: curves[0]?.averagePrecision ?? 0,
    precision: looked === 0 ? 0 : right / looked,
    recall: right / objects,
    ar100: mean(curves.map(({ recall }) => recall)),
  };
}

function meanAccuracy(accuracies: readonly Accuracy[]): Accuracy | undefined {
  if (accuracies.length === 0) return undefined;
  const meanOf = (key: keyof Accuracy) => mean(accuracies.map((each) => each[key]));
  return {
    objects: accuracies.reduce((sum, { objects }) => sum + objects, 0),
    map50_95: meanOf("map50_95"),
    map50: meanOf("map50"),
    precision: meanOf("precision"),
    recall: meanOf("recall"),
    ar100: meanOf("ar100"),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
