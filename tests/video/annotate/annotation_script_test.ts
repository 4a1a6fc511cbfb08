import { expect } from "expect";
import sharp from "sharp";
import type { Detection } from "../../../lib/protocol/detection.ts";
import { isMissing } from "../../needs.ts";
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

const PERSON: Detection = {
  label: "person",
  class_id: 0,
  confidence: 0.9,
  bbox: [20, 20, 100, 200],
};

/** What is drawn for a result, without what says when and where. */
function drawn(changes: Parameters<typeof emptyResult>[0]): string[] {
  const style = { size: { width: 640, height: 480 }, frameStride: 1 };
  return formatScriptEvents(
    { frame_index: 0, timestamp_ms: 0, result: emptyResult(changes) },
    style,
  )
    .trimEnd().split("\n");
}

Deno.test("an annotation script turns boxes, and has labels at their topmost corners", () => {
  const polygon: Detection["polygon"] = [[-10, 48], [64, 40], [128, 90], [60, 96]];
  const lines = drawn({ detections: [{ ...PERSON, polygon }] });
  expect(lines).toHaveLength(2);
  expect(lines[0]).toContain("m -10 48 l 64 40 128 90 60 96 -10 48");
  expect(lines[1]).toContain("\\pos(64,40)");
});

Deno.test("an annotation script has masks behind boxes, and keypoints before them", () => {
  const mask: Detection["mask"] = [[20, 20], [120, 20], [70, 220]];
  const keypoints = Array.from({ length: 17 }, (_, index) => [index, 9, 0.9] as const)
    .map(([x, y, confidence]): [number, number, number] => [x, y, x === 9 ? 0.1 : confidence]);
  const lines = drawn({ detections: [{ ...PERSON, mask, keypoints }] });
  expect(lines).toHaveLength(5);
  expect(lines[0]).toMatch(/\\1a&HA6&.*m 20 20 l 120 20 70 220 20 20$/);
  expect(lines[1]).toContain("m 20 20 l 120 20 120 220 20 220 20 20");
  // All of a person's 19 bones but that to the doubtful wrist, and all keypoints but that one.
  expect(lines[2]?.match(/m \d+ 9 l \d+ 9 \d+ 9/g)).toHaveLength(18);
  expect(lines[3]?.match(/m /g)).toHaveLength(16);
});

Deno.test("an annotation script names three classes of the image, and that of an object", () => {
  const classes = ["beach", "{\\b1}sea", "dune", "sand"].map((label, class_id) => ({
    ...{ label, class_id, confidence: 0.5 - class_id / 10 },
  }));
  const lines = drawn({ detections: [{ ...PERSON, classes: classes.slice(2) }], classes });
  expect(lines[1]).toMatch(/\}person 90 % · dune 30 %$/);
  expect(lines[2]).toMatch(/\}beach 50 %\\N\\\{\\\u2060b1\}sea 40 %\\Ndune 30 %$/);
});

Deno.test({
  name: "FFmpeg draws masks, bones and turned boxes where an annotation script has them",
  ignore: isMissing("ffmpeg"),
  async fn() {
    const directory = await Deno.makeTempDir();
    const style = { size: { width: 320, height: 240 }, frameStride: 1 };
    const keypoints = Array.from(
      { length: 17 },
      (_, index): [number, number, number] => [440, index === 11 ? 100 : 200, index > 10 ? 0.9 : 0],
    );
    const result = emptyResult({
      detections: [
        { ...PERSON, mask: [[20, 20], [200, 20], [20, 400]] },
        { ...PERSON, bbox: [420, 90, 40, 120], keypoints },
        {
          ...PERSON,
          bbox: [240, 200, 120, 160],
          polygon: [[240, 280], [300, 200], [360, 280], [300, 360]],
        },
      ],
    });
    const events = formatScriptEvents({ frame_index: 0, timestamp_ms: 0, result }, style);
    await Deno.writeTextFile(`${directory}/drawn.ass`, formatScriptHead(style) + events);
    const { success, stdout } = await new Deno.Command("ffmpeg", {
      args: ["-v", "error", "-f", "lavfi", "-i", "color=black:s=320x240", "-vf", "ass=drawn.ass"]
        .concat("-frames:v", "1", "-c:v", "png", "-f", "image2pipe", "-"),
      cwd: directory,
    }).output();
    expect(success).toBe(true);
    const pixels = await sharp(stdout).removeAlpha().raw().toBuffer();
    const redAt = (x: number, y: number) =>
      pixels[(Math.round(y / 2) * 320 + Math.round(x / 2)) * 3] ?? NaN;
    // #e69f00, the colour of people, with 35 % of it in a mask; on black.
    expect(Math.abs(redAt(60, 160) - 0.35 * 0xe6)).toBeLessThan(12);
    expect(redAt(190, 400)).toBeLessThan(12);
    expect(redAt(440, 150)).toBeGreaterThan(180);
    // A line lies outside of the shape that it goes around.
    expect(redAt(266, 240)).toBeGreaterThan(120);
    expect(redAt(240, 330)).toBeLessThan(12);
    await Deno.remove(directory, { recursive: true });
  },
});
