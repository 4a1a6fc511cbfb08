import { expect } from "expect";
import fc from "fast-check";
import { mirrorResult } from "../../../lib/client/overlay/mirror_result.ts";
import type { Detection } from "../../../lib/protocol/detection.ts";
import type { PipelineResult } from "../../../lib/protocol/result.ts";
import { anyResult } from "../../image/any_result.ts";
import { exampleResult } from "../example_result.ts";

Deno.test("mirrorResult puts boxes and text where a mirror shows them", () => {
  const { result } = mirrorResult({ frame_index: 1, result: exampleResult() });
  expect(result.detections[0]?.bbox).toEqual([640 - 109 - 148, 182, 148, 268]);
  // The text begins at the left of what is seen, so that it can be written there from left to right.
  expect(result.text_blocks[0]).toMatchObject({
    polygon: [[162, 307], [521, 356], [517, 388], [158, 339]],
    bbox: [158, 307, 363, 81],
  });
});

Deno.test("mirrorResult mirrors outlines, keypoints and turned boxes", () => {
  const detection: Detection = {
    label: "person",
    class_id: 0,
    confidence: 0.9,
    bbox: [100, 50, 40, 60],
    mask: [[100, 50], [140, 60], [120, 110]],
    keypoints: [[110, 60, 0.9], [130, 60, 0.2]],
    polygon: [[110, 50], [140, 70], [130, 110], [100, 90]],
  };
  const result = { ...exampleResult(), detections: [detection] };
  expect(mirrorResult({ frame_index: 1, result }).result.detections).toEqual([{
    ...detection,
    bbox: [500, 50, 40, 60],
    mask: [[540, 50], [500, 60], [520, 110]],
    keypoints: [[530, 60, 0.9], [510, 60, 0.2]],
    polygon: [[500, 70], [530, 50], [540, 90], [510, 110]],
  }]);
});

Deno.test("mirrorResult twice changes nothing, whatever was found", () => {
  fc.assert(fc.property(anyResult, (result) => {
    const { result: twice } = mirrorResult(mirrorResult({ frame_index: 7, result }));
    // Subtracting twice leaves a hair.
    expect(rounded(twice)).toEqual(rounded(result));
  }));
});

function rounded(result: PipelineResult): unknown {
  return JSON.parse(
    JSON.stringify(
      result,
      (_, value) => typeof value === "number" ? Number(value.toFixed(6)) : value,
    ),
  );
}
