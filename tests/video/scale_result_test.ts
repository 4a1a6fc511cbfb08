import { expect } from "expect";
import { scaleResult } from "../../lib/video/scale_result.ts";
import { emptyResult } from "./results.ts";

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
