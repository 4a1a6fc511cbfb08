import { expect } from "expect";
import { toPose } from "../../lib/image/pose.ts";
import type { Keypoint } from "../../lib/protocol/geometry.ts";

/** A person whose keypoints lie on a line, so that each can be told by its x. */
const PERSON = Array.from({ length: 17 }, (_, index): Keypoint => [index, 0, 0.9]);
const NAMES =
  "nose,left eye,right eye,left ear,right ear,left shoulder,right shoulder,left elbow," +
  "right elbow,left wrist,right wrist,left hip,right hip,left knee,right knee,left ankle,right ankle";

Deno.test("a person's keypoints are joined as COCO has it, whether or not they have names", () => {
  const bones = toPose(PERSON).bones.map(([[from], [to]]) => `${from} ${to}`);
  expect(bones).toHaveLength(19);
  // Shoulder to elbow to wrist, and hip to knee to ankle, on the left.
  expect(bones).toEqual(expect.arrayContaining(["5 7", "7 9", "13 11", "15 13"]));
  expect(toPose(PERSON, NAMES.split(","))).toEqual(toPose(PERSON));
  expect(toPose(PERSON, NAMES.replaceAll(" ", "_").split(","))).toEqual(toPose(PERSON));
});

Deno.test("keypoints below a confidence of 0.5 are left out, and what they would be joined by", () => {
  const hiddenWrist = PERSON.with(9, [9, 0, 0.49]).with(10, [10, 0, 0.5]);
  const { joints, bones } = toPose(hiddenWrist);
  expect(joints).toHaveLength(16);
  expect(joints).not.toContainEqual([9, 0]);
  expect(bones).toHaveLength(18);
  expect(bones.flat()).not.toContainEqual([9, 0]);
  expect(bones.flat()).toContainEqual([10, 0]);
});

Deno.test("keypoints of anything else are points only", () => {
  const animal = NAMES.replace("left wrist", "left paw").split(",");
  expect(toPose(PERSON, animal)).toEqual({ joints: toPose(PERSON).joints, bones: [] });
  expect(toPose(PERSON.slice(1))).toEqual({ joints: toPose(PERSON).joints.slice(1), bones: [] });
  expect(toPose([])).toEqual({ joints: [], bones: [] });
});
