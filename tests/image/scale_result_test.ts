import { expect } from "expect";
import fc from "fast-check";
import type { PipelineResult } from "../../lib/protocol/result.ts";
import { scaleResult } from "../../lib/image/scale_result.ts";
import { anyResult, FRAME } from "./any_result.ts";
import { emptyResult } from "../video/results.ts";

Deno.test("scaleResult brings every coordinate to the size of the video", () => {
  const result = emptyResult({
    image: { width: 512, height: 288 },
    detections: [{ label: "dog", class_id: 16, confidence: 0.9, bbox: [10, 20, 30.5, 40] }],
    text_blocks: [{
      text: "Gate",
      confidence: 0.8,
      polygon: [[1, 2], [3, 4], [5, 6], [7, 8]],
      bbox: [1, 2, 6, 6],
    }],
    text: "Gate",
  });
  expect(scaleResult(result, { width: 1280, height: 720 })).toEqual({
    ...result,
    image: { width: 1280, height: 720 },
    detections: [{ label: "dog", class_id: 16, confidence: 0.9, bbox: [25, 50, 76.3, 100] }],
    text_blocks: [{
      text: "Gate",
      confidence: 0.8,
      polygon: [[2.5, 5], [7.5, 10], [12.5, 15], [17.5, 20]],
      bbox: [2.5, 5, 15, 15],
    }],
  });
});

Deno.test("scaleResult leaves a result of the same size alone", () => {
  const result = emptyResult();
  expect(scaleResult(result, { width: 640, height: 480 })).toBe(result);
});

Deno.test("scaleResult takes every coordinate to its share of the new size, and touches nothing else", () => {
  const side = fc.integer({ min: 1, max: 4000 });
  fc.assert(fc.property(anyResult, side, side, (result, width, height) => {
    const scaled = scaleResult(result, { width, height });
    const before = coordinates(result);
    const after = coordinates(scaled);
    expect(after.length).toBe(before.length);
    for (const [index, [x, y]] of before.entries()) {
      expect(Math.abs((after[index]?.[0] ?? NaN) - x * width / FRAME.width)).toBeLessThan(0.051);
      expect(Math.abs((after[index]?.[1] ?? NaN) - y * height / FRAME.height)).toBeLessThan(0.051);
    }
    expect(confidences(scaled)).toEqual(confidences(result));
  }));
});

/** Every pair of numbers across and down, in the order of the result; half of a box is its size. */
function coordinates({ detections, text_blocks }: PipelineResult): [number, number][] {
  return [...detections, ...text_blocks].flatMap((found) => {
    const { bbox: [x, y, width, height], polygon = [] } = found;
    const { mask = [], keypoints = [] } = "class_id" in found ? found : {};
    const points = keypoints.map(([x, y]): [number, number] => [x, y]);
    return [[x, y], [width, height], ...polygon, ...mask, ...points] as [number, number][];
  });
}

function confidences({ detections }: PipelineResult): number[] {
  return detections.flatMap(({ keypoints = [] }) =>
    keypoints.map(([, , confidence]) => confidence)
  );
}
