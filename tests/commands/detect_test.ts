import { expect } from "expect";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import sharp from "sharp";
import { labelColor } from "../../lib/image/label_colors.ts";
import type { PipelineResult } from "../../lib/protocol/result.ts";
import { MODEL_DIR } from "../pipeline/models.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));
const FIXTURES = fileURLToPath(new URL("../fixtures/", import.meta.url));
const fixture = (name: string) => join(FIXTURES, name);

/** Runs the command from a folder that is not the project's, with the permissions that its task gives. */
async function detect(...args: string[]) {
  const permissions =
    "--no-prompt --allow-net --allow-read --allow-write --allow-env --allow-sys --allow-ffi";
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--cached-only", ...permissions.split(" "), MAIN, "detect", ...args],
    env: { MODEL_DIR },
    cwd: await Deno.makeTempDir(),
  }).output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout), errors: decoder.decode(stderr) };
}

/** How far a pixel's colour is from another, as the largest difference of a channel, from 0 to 255. */
async function colorDistance(file: string, x: number, y: number, color: string): Promise<number> {
  const area = { left: Math.round(x), top: Math.round(y), width: 1, height: 1 };
  const data = await sharp(file).extract(area).removeAlpha().raw().toBuffer();
  const expected = Uint8Array.fromHex(color.slice(1));
  return Math.max(...expected.map((value, channel) => Math.abs(value - (data[channel] ?? 0))));
}

/** Edges between pixels are blended a little with what is beneath. */
const BLENDED = 40;

Deno.test("detect prints a table of objects and text", async () => {
  const { code, output, errors } = await detect(fixture("dog.jpg"), fixture("text.jpg"));
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  expect(output).toMatch(/dog\.jpg: 768 x 576, \d+ ms\n/);
  expect(output).toMatch(/^ {2}dog +\d\d\u00a0% {2}\d+ x \d+ at \d+, \d+$/m);
  expect(output).toContain('  "Gate 12 → Platform C" ');
});

Deno.test("detect --json prints a result a line, in the order of the images", async () => {
  const images = ["person.jpg", "horses.jpg"].map(fixture);
  const { code, output } = await detect("--json", "--pipeline", "yolo_only", ...images);
  expect(code).toBe(0);
  const results = output.trimEnd().split("\n").map((line) => JSON.parse(line));
  expect(results.map(({ file }) => file)).toEqual(images);
  expect(results[0].image).toEqual({ width: 640, height: 424 });
  const labels = results[0].detections.map(({ label }: { label: string }) => label);
  expect(labels.toSorted()).toEqual(["dog", "horse", "person"]);
  expect(results[0].detections[0]).not.toHaveProperty("track_id");
});

Deno.test("detect --out draws the boxes where the result says that they are", async () => {
  const out = join(await Deno.makeTempDir(), "new", "drawn.png");
  const { code, output } = await detect("--json", "--out", out, fixture("dog.jpg"));
  expect(code).toBe(0);
  const { image, detections } = JSON.parse(output) as PipelineResult;
  expect(await sharp(out).metadata()).toMatchObject({ ...image, format: "png" });
  expect(detections.length).toBeGreaterThanOrEqual(3);
  for (const { bbox: [x, y, width, height], class_id } of detections) {
    // The right ends of the lower edges, which no other box of this image covers.
    const point = [x + width * 0.8, y + height, labelColor(class_id).fill] as const;
    expect(await colorDistance(out, ...point)).toBeLessThan(BLENDED);
    expect(await colorDistance(fixture("dog.jpg"), ...point)).toBeGreaterThan(BLENDED);
  }
});

Deno.test("detect reads a folder, and --out names another for the copies", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(join(folder, "notes.txt"), "no image");
  await sharp(fixture("text.jpg")).toFile(join(folder, "b.webp"));
  await sharp(fixture("text.jpg")).toFile(join(folder, "a.PNG"));
  const out = join(folder, "drawn");
  const { code, output } = await detect("--json", "--pipeline", "ocr_only", "--out", out, folder);
  expect(code).toBe(0);
  const results = output.trimEnd().split("\n").map((line) => JSON.parse(line));
  expect(results.map(({ file }) => file)).toEqual([join(folder, "a.PNG"), join(folder, "b.webp")]);
  expect((await sharp(join(out, "a.PNG")).metadata()).format).toBe("png");
  expect((await sharp(join(out, "b.webp")).metadata()).format).toBe("webp");
  const [[left, leftTop], [right, rightTop]] = results[0].text_blocks[0].polygon;
  const point = [(left + right) / 2, (leftTop + rightTop) / 2, "#00e5c0"] as const;
  expect(await colorDistance(join(out, "a.PNG"), ...point)).toBeLessThan(BLENDED);
});

Deno.test("detect turns an image upright that was taken sideways", async () => {
  const sideways = join(await Deno.makeTempDir(), "sideways.jpg");
  await sharp(fixture("text.jpg")).rotate(-90).withMetadata({ orientation: 6 }).toFile(sideways);
  const { output } = await detect("--json", sideways);
  const { image, text } = JSON.parse(output) as PipelineResult;
  expect(image).toEqual({ width: 640, height: 480 });
  expect(text).toContain("Hello World 2026");
});

Deno.test("detect tells of each image that fails in one line, and does the others", async () => {
  const folder = await Deno.makeTempDir();
  const [text, cut, drawing] = ["a.jpg", "cut.jpg", "drawing.png"].map((name) =>
    join(folder, name)
  );
  await Deno.writeTextFile(text, "no image");
  await Deno.writeFile(cut, (await Deno.readFile(fixture("dog.jpg"))).slice(0, 20_000));
  await Deno.writeTextFile(
    drawing,
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
  );
  const gone = join(folder, "gone.jpg");
  const good = fixture("dog.jpg");
  const { code, output, errors } = await detect("--json", text, cut, good, drawing, gone);
  expect(code).toBe(2);
  expect(output.trimEnd().split("\n").map((line) => JSON.parse(line).file)).toEqual([good]);
  const damaged = "it is not a JPEG, PNG or WebP image, or it is damaged";
  expect(errors.trimEnd().split("\n")).toEqual([
    ...[text, cut, drawing].map((path) => `livesyte: Cannot read ${path}: ${damaged}`),
    `livesyte: Cannot read ${gone}: there is no such file or folder`,
  ]);
});

Deno.test("detect takes a name with colons as that of a file", async () => {
  const path = join(await Deno.makeTempDir(), "cam1-2024-05-01T12:30:00.jpg");
  await Deno.copyFile(fixture("dog.jpg"), path);
  const { code, output } = await detect("--pipeline", "yolo_only", "--json", path);
  expect([code, JSON.parse(output).file]).toEqual([0, path]);
});

Deno.test("detect keeps no loader open after drawing", async () => {
  const folder = await Deno.makeTempDir();
  const drawing = join(folder, "b.png");
  await Deno.copyFile(fixture("text.jpg"), join(folder, "a.jpg"));
  await Deno.writeTextFile(
    drawing,
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
  );
  const { code, errors } = await detect("--out", join(folder, "drawn"), folder);
  expect(code).toBe(2);
  expect(errors).toContain(`Cannot read ${drawing}: it is not a JPEG`);
});

Deno.test("detect refuses arguments that make no sense, in one line", async () => {
  const dog = fixture("dog.jpg");
  const cases: [string[], RegExp][] = [
    [[], /^livesyte: No image is named; see "detect --help"\n$/],
    [[""], /^livesyte: No image is named; see "detect --help"\n$/],
    [["--everything", dog], /^livesyte: Unknown option '--everything'; see "detect --help"\n$/],
    [["--pipeline", "nope", dog], /^livesyte: Unknown pipeline "nope"; known are .*yolo_ocr.*\n$/],
    [
      ["--out", "drawn.gif", dog],
      /^livesyte: Cannot write drawn\.gif: expected a name that ends in/,
    ],
    [["--out", FIXTURES, dog], /^livesyte: Cannot write .*dog\.jpg: it is an image to read/],
    [[await Deno.makeTempDir()], /^livesyte: There is no JPEG, PNG or WebP image in .*\n$/],
  ];
  for (const [args, message] of cases) {
    const { code, output, errors } = await detect(...args);
    expect({ code, output }).toEqual({ code: 2, output: "" });
    expect(errors).toMatch(message);
  }
});

Deno.test("detect --help shows how to use it", async () => {
  const { code, output } = await detect("--help");
  expect(code).toBe(0);
  expect(output).toContain("Usage: deno task detect");
});
