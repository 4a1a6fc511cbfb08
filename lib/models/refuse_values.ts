/** Refuses detectors whose numbers cannot be what their layout says. @module */

import type { Candidate } from "../detection/non_maximum_suppression.ts";
import type { Size } from "../image/size.ts";
import type { DetectorLayout, HeadKind } from "../onnx/detector_layout.ts";
import { UnknownHeadError } from "../onnx/errors.ts";

/** Scores are probabilities; what exceeds 1, or is below 0, by more than rounding is something else. */
const ROUNDING = 0.01;

/** Boxes below this score may be anything. */
const LEAST_SCORE = 0.1;

/** No box is so far away, however little a network has learned. */
const MOST_PIXELS = 1e6;

/** Boxes of which none reaches further, in pixels, are shares of the image. */
const MOST_SHARE = 2;

/** A few boxes may be so by chance. */
const LEAST_ROWS = 20;

/** Of boxes that are corners so many look so. */
const NEARLY_ALL = 0.9;

/** Those whose boxes are a centre and two sides. */
const CENTRES = new Set<HeadKind>(["yolov8", "yolov8_rows", "yolov5"]);

/** Those of which the rows that are not needed may hold anything. */
const PADDED = new Set<HeadKind>(["end2end", "detr_labelled"]);

/**
 * Makes sure that what a network gives can be what its layout says.
 *
 * @param all Every row of its outputs, whatever its score
 * @throws {UnknownHeadError} If it cannot be; the message says what it looks like, and what would work.
 */
export function refuseValues(
  all: readonly Candidate[],
  { kind, extras, input }: DetectorLayout,
): void {
  refuseScores(all, kind);
  const likely = all.filter(({ score }) => score > LEAST_SCORE);
  if (likely.some((box) => !(furthest(box) < MOST_PIXELS))) {
    throw new UnknownHeadError(
      `its boxes reach beyond ${MOST_PIXELS} pixels, so its outputs are not what they look like; boxes within the image work`,
    );
  }
  const boxes = all.filter((box) => furthest(box) > 0);
  const isDetr = kind.startsWith("detr") && kind !== "detr_labelled";
  if (extras?.kind === "angle" || boxes.length === 0) return;
  if (!isDetr && kind !== "yolox" && boxes.every((box) => furthest(box) <= MOST_SHARE)) {
    throw wrongBoxes("shares of the image", "in pixels");
  }
  if (boxes.length < LEAST_ROWS) return;
  if ((isDetr || CENTRES.has(kind)) && lookLikeCorners(boxes, input)) {
    throw wrongBoxes("two corners", "of a centre and two sides");
  }
  if (kind === "end2end" && share(boxes, ({ left, right }) => right < left) > 0.5) {
    throw wrongBoxes("a centre and two sides", "of two corners");
  }
  const isBeyond = ({ left, right }: Candidate) => Math.abs(left + right) / 2 > 2 * input.width;
  if (isDetr && share(boxes, isBeyond) > 0.5) throw wrongBoxes("pixels", "in shares of the image");
}

function refuseScores(all: readonly Candidate[], kind: HeadKind): void {
  const { least, most } = all.reduce(({ least, most }, { score }) => ({
    least: Math.min(least, score),
    most: Math.max(most, score),
  }), { least: 0, most: 0 });
  const isBelow = least < -ROUNDING && !PADDED.has(kind);
  if (most <= 1 + ROUNDING && !isBelow) return;
  throw new UnknownHeadError(
    `its scores reach ${
      (isBelow ? least : most).toFixed(1)
    }, so its outputs are not what they look like; scores between 0 and 1 work`,
  );
}

/** Whether boxes that were read as a centre and two sides would rather make sense as two corners. */
function lookLikeCorners(boxes: readonly Candidate[], { width, height }: Size): boolean {
  // Right and below of the first corner, and hardly outside of the image.
  const isCorners = ({ left, top, right, bottom }: Candidate) =>
    isBetween(right - left, (left + right) / 2, 1.25 * width) &&
    isBetween(bottom - top, (top + bottom) / 2, 1.25 * height);
  // Centres of boxes that fill the image lie in its middle, corners anywhere.
  const isRight = ({ left, right }: Candidate) => (left + right) / 2 > 0.6 * width;
  return share(boxes, isCorners) > NEARLY_ALL && share(boxes, isRight) > 0.05;
}

function isBetween(value: number, least: number, most: number): boolean {
  return value >= least && value < most;
}

function share(boxes: readonly Candidate[], is: (box: Candidate) => boolean): number {
  return boxes.filter(is).length / boxes.length;
}

function furthest({ left, top, right, bottom }: Candidate): number {
  return Math.max(...[left, top, right, bottom].map(Math.abs));
}

function wrongBoxes(found: string, works: string): UnknownHeadError {
  return new UnknownHeadError(
    `its boxes look like ${found}, which are not read in outputs of this shape; boxes ${works} work`,
  );
}
