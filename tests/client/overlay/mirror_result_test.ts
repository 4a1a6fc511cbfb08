import { expect } from "expect";
import { mirrorResult } from "../../../lib/client/overlay/mirror_result.ts";
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

Deno.test("mirrorResult twice changes nothing", () => {
  const message = { frame_index: 7, result: exampleResult() };
  expect(mirrorResult(mirrorResult(message))).toEqual(message);
});
