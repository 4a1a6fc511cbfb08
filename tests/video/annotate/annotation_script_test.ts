import { expect } from "expect";
import {
  escapeText,
  formatScriptEvents,
  formatScriptHead,
} from "../../../lib/video/annotate/annotation_script.ts";
import { emptyResult } from "../results.ts";

const STYLE = { size: { width: 320, height: 240 }, frameStride: 3 };

Deno.test("an annotation script shows each result until the next one, scaled to the video", () => {
  const result = emptyResult({
    detections: [{ label: "dog", class_id: 16, confidence: 0.934, bbox: [100, 200, 50, 40] }],
  });
  const lines = formatScriptEvents({ frame_index: 6123, timestamp_ms: 0, result }, STYLE)
    .trimEnd().split("\n");
  expect(lines).toHaveLength(2);
  for (const line of lines) expect(line).toContain(",0:01:01.23,0:01:01.26,");
  expect(lines[0]).toContain("m 50 100 l 75 100 75 120 50 120 50 100");
  // The colour of dogs, #cc79a7, with blue first.
  expect(lines[0]).toContain("\\3c&HA779CC&");
  expect(lines[1]).toMatch(/\\an1\\pos\(50,100\).*\}dog 93 %$/);
});

Deno.test("an annotation script begins with the size of the video", () => {
  const head = formatScriptHead(STYLE);
  expect(head).toContain("PlayResX: 320\nPlayResY: 240\n");
  expect(head).toMatch(/\[Events\]\nFormat: .*\n$/);
});

Deno.test("text in a video is no command of the script", () => {
  expect(escapeText("{\\pos(0,0)}\nDialogue: x\u0000")).not.toMatch(/(?<!\\)\{|\\[a-zN]|[\n\0]/);
  expect(escapeText("Gate 12 出口")).toBe("Gate 12 出口");
});
