/** Which keypoints of an object are drawn, and which of them are joined. */

import type { Keypoint, Point } from "../protocol/geometry.ts";

/** Keypoints that are less certain are often not in the image at all. */
const MINIMUM_CONFIDENCE = 0.5;

/** The keypoints of a person in COCO, in their order. */
const COCO_NAMES = [
  ...["nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder"],
  ...["left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip"],
  ...["left_knee", "right_knee", "left_ankle", "right_ankle"],
];

/** Indices of the keypoints that are joined: `skeleton` of COCO's annotations, counted from 0. */
const COCO_BONES = [
  ...[[15, 13], [13, 11], [16, 14], [14, 12], [11, 12], [5, 11], [6, 12], [5, 6], [5, 7], [6, 8]],
  ...[[7, 9], [8, 10], [1, 2], [0, 1], [0, 2], [1, 3], [2, 4], [3, 5], [4, 6]],
] as [number, number][];

/** What is drawn of an object's keypoints. */
export interface Pose {
  /** The keypoints that are certain enough. */
  joints: Point[];
  /** Lines between such keypoints; only where it is known which belong together. */
  bones: [from: Point, to: Point][];
}

/**
 * Chooses what to draw of an object's keypoints.
 *
 * @param keypoints In the order of the model.
 * @param names What the model calls them; without names, 17 keypoints are taken for those of COCO.
 */
export function toPose(keypoints: readonly Keypoint[], names?: readonly string[]): Pose {
  const points = keypoints.map(([x, y, confidence]): Point | undefined =>
    confidence >= MINIMUM_CONFIDENCE ? [x, y] : undefined
  );
  const bones = isCoco(keypoints, names) ? COCO_BONES : [];
  return {
    joints: points.filter((point) => point !== undefined),
    bones: bones.flatMap(([from, to]): Pose["bones"] => {
      const [start, end] = [points[from], points[to]];
      return start === undefined || end === undefined ? [] : [[start, end]];
    }),
  };
}

function isCoco(keypoints: readonly Keypoint[], names: readonly string[] = COCO_NAMES): boolean {
  return keypoints.length === COCO_NAMES.length && names.length === COCO_NAMES.length &&
    names.every((name, index) => name.toLowerCase().replace(/\W/g, "_") === COCO_NAMES[index]);
}
