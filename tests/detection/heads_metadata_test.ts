import { expect } from "expect";
import { labelClasses } from "../../lib/detection/heads/class_labels.ts";
import { readMetadata } from "../../lib/detection/heads/export_metadata.ts";
import { readPreprocessing } from "../../lib/detection/heads/preprocessing.ts";
import { parsePythonLiteral } from "../../lib/detection/heads/python_literal.ts";
import { UnknownHeadError } from "../../lib/onnx/errors.ts";
import { UNIT_RANGE } from "../../lib/onnx/detector_layout.ts";
import type { OnnxModel } from "../../lib/onnx/onnx_schema.ts";

function modelWith(entries: Record<string, string>): OnnxModel {
  return {
    graph: { node: [], initializer: [], input: [], output: [], value_info: [] },
    opset_import: [],
    metadata_props: Object.entries(entries).map(([key, value]) => ({ key, value })),
  };
}

const namesOf = (names: string) => readMetadata(modelWith({ names })).names;

Deno.test("class names are read exactly as Python writes them", () => {
  const written =
    `{0: "driver's cab", 1: 'say "hi"', 2: 'it\\'s a "mix"', 3: 'naïve café 车牌', 4: 'back\\\\slash', 5: "line\\nbreak 7: 'x'"}`;
  expect(namesOf(written)).toEqual([
    "driver's cab",
    'say "hi"',
    `it's a "mix"`,
    "naïve café 车牌",
    "back\\slash",
    "line\nbreak 7: 'x'",
  ]);
  expect(namesOf(`{0: '\\u8f66\\U0001f600\\x41\\t', 1: u'a'}`)).toEqual(["车😀A\t", "a"]);
});

Deno.test("class names may be a list, a tuple, JSON, or lines or commas", () => {
  const colours = ["red", "green, light", "blue"];
  expect(namesOf("['red', 'green, light', 'blue']")).toEqual(colours);
  expect(namesOf("('red', 'green, light', 'blue',)")).toEqual(colours);
  expect(namesOf(JSON.stringify(colours))).toEqual(colours);
  expect(namesOf(JSON.stringify({ 0: "red", 1: "green, light", 2: "blue" }))).toEqual(colours);
  expect(namesOf("red\ngreen, light\nblue")).toEqual(colours);
  expect(namesOf("red, green")).toEqual(["red", "green"]);
  expect(namesOf("dog")).toEqual(["dog"]);
});

Deno.test("class names that leave out a number leave it open, and none at all are none", () => {
  expect(namesOf("{0: 'a', 2: 'c'}")).toEqual(["a", undefined, "c"]);
  for (const nothing of ["", " ", "{}", "[]"]) expect(namesOf(nothing)).toBeUndefined();
});

Deno.test("class names that cannot be read are refused", () => {
  for (const wrong of ["{0: person}", "{'a': 'b'}", "['a'", "{0: 'a' 1: 'b'}", "{99999999: 'a'}"]) {
    expect(() => namesOf(wrong)).toThrow(UnknownHeadError);
  }
});

Deno.test("a literal is read whole or not at all", () => {
  expect(parsePythonLiteral("[17, 3]")).toEqual([17, 3]);
  expect(parsePythonLiteral("{'a': [1.5, -2e3, None], 'b': (True, false)}")).toEqual(
    new Map([["a", [1.5, -2000, null]], ["b", [true, false]]]),
  );
  for (const wrong of ["[1, 2", "1 2", "[,]", "'a", "nothing", "'\\U99999999'", "[".repeat(5000)]) {
    expect(parsePythonLiteral(wrong)).toBeUndefined();
  }
});

Deno.test("an export tells what it is for", () => {
  const notes = { task: "pose", kpt_shape: "[17, 3]", end2end: "True", head: "Pose" };
  expect(readMetadata(modelWith(notes))).toMatchObject({
    task: "pose",
    keypoints: { count: 17, numbers: 3 },
    endToEnd: true,
    head: "Pose",
  });
});

Deno.test("keypoints are called as the export calls them, else as COCO's, else by their numbers", () => {
  const namesOf = (notes: Record<string, string>) =>
    readMetadata(modelWith(notes)).keypoints?.names;
  expect(namesOf({ kpt_shape: "[2, 3]", kpt_names: "{0: ['head', 'tail']}" })).toEqual([
    "head",
    "tail",
  ]);
  expect(namesOf({ kpt_shape: "[1, 2]", kpt_names: "['tip']" })).toEqual(["tip"]);
  expect(namesOf({ kpt_shape: "[17, 3]" })?.[16]).toBe("right_ankle");
  expect(namesOf({ kpt_shape: "[2, 3]", kpt_names: "['only one']" })).toEqual([
    "keypoint_0",
    "keypoint_1",
  ]);
  expect(namesOf({ kpt_shape: "[17]" })).toBeUndefined();
});

Deno.test("classes without names are COCO's, by their order or by COCO's own numbers", () => {
  expect(labelClasses(undefined, 80)[16]).toBe("dog");
  const numbered = labelClasses(undefined, 91);
  expect([numbered[0], numbered[1], numbered[18], numbered[90]]).toEqual([
    "class_0",
    "person",
    "dog",
    "toothbrush",
  ]);
  expect(labelClasses(undefined, 2)).toEqual(["class_0", "class_1"]);
  expect(labelClasses(["a", undefined], 2)).toEqual(["a", "class_1"]);
  expect(() => labelClasses(["a", "b", "c"], 2)).toThrow("it names 3 classes");
});

Deno.test("how images are fed can be noted, with colours from 0 to 1 or to 255", () => {
  const read = (entries: Record<string, string>) =>
    readPreprocessing(readMetadata(modelWith(entries)));
  expect(read({})).toEqual(UNIT_RANGE);
  const imagenet = { mean: "[0.485, 0.456, 0.406]", std: "(0.229, 0.224, 0.225)" };
  const { mean, deviation, fit } = read({ ...imagenet, resize: "stretch" });
  expect(fit).toBe("stretch");
  expect(mean[0]).toBeCloseTo(123.675);
  expect(deviation[2]).toBeCloseTo(57.375);
  expect(read({ mean: "[103.5, 116.3, 123.7]", order: "bgr" })).toMatchObject({
    order: "bgr",
    mean: [103.5, 116.3, 123.7],
  });
  const wrong = [{ resize: "fill" }, { std: "[0, 1, 1]" }, { mean: "[1, 2]" }, { order: "x" }];
  for (const entries of wrong) expect(() => read(entries as never)).toThrow(UnknownHeadError);
});
