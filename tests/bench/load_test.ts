import { expect } from "expect";
import fc from "fast-check";
import sharp from "sharp";
import {
  drawNumberedPictures,
  readPictureNumber,
  startMjpegCamera,
} from "../../bench/simulated_camera.ts";
import { LiveDecoder } from "../../lib/video/decode/live_decoder.ts";
import { ensureModel } from "../pipeline/models.ts";

const ROOT = new URL("../../", import.meta.url);

async function runLoad(...args: string[]): Promise<{ code: number; text: string; error: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--cached-only", "--no-prompt", "--allow-all", "bench/load.ts", ...args],
    cwd: ROOT,
    signal: AbortSignal.timeout(240_000),
  }).output();
  const [text = "", error = ""] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, text, error };
}

Deno.test("the number of a simulated camera's picture is read from it at any size and quality", async () => {
  const pictures = await drawNumberedPictures(640, 480);
  const number = fc.nat(pictures.length - 1);
  await fc.assert(
    fc.asyncProperty(
      number,
      fc.integer({ min: 160, max: 1280 }),
      fc.integer({ min: 40, max: 95 }),
      async (index, width, quality) => {
        const jpeg = await sharp(pictures[index]).resize(width).jpeg({ quality }).toBuffer();
        expect(await readPictureNumber(jpeg, 4 / 3)).toBe(index);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("a simulated camera knows when it sent what a decoder gives", async () => {
  await using camera = startMjpegCamera(await drawNumberedPictures(320, 240));
  expect(camera.sentAt(2)).toBeUndefined();
  const frameSize = { width: 640, height: 480 };
  await using decoder = await LiveDecoder.open(camera.url, { fps: 10, frameSize });
  let count = 0;
  for await (const { jpeg } of decoder.frames()) {
    const sentAt = camera.sentAt(await readPictureNumber(jpeg, 4 / 3)) ?? NaN;
    expect(performance.now() - sentAt).toBeGreaterThan(0);
    expect(performance.now() - sentAt).toBeLessThan(2000);
    count += 1;
    if (count === 5) break;
  }
});

Deno.test({
  name: "load measures cameras beside a stream",
  // Elsewhere the system does not tell what processes cost.
  ignore: Deno.build.os !== "linux",
  fn: measuresCameras,
});

async function measuresCameras(): Promise<void> {
  await ensureModel();
  const { code, text, error } = await runLoad(
    ...["--cameras", "2", "--sessions", "1", "--seconds", "8", "--viewers", "2"],
  );
  expect([code, error]).toEqual([0, ""]);
  for (const id of [1, 2]) {
    const [, results, fewest, p50] =
      new RegExp(`^ +${id} +([\\d.]+) +([\\d.]+) +(\\d+) +\\d+ +\\d+ +\\d+ / \\d+`, "m").exec(
        text,
      ) ??
        [];
    expect(Number(results)).toBeGreaterThan(0);
    expect(Number(fewest)).toBeGreaterThan(0);
    expect(Number(p50)).toBeGreaterThan(1);
  }
  expect(text).toMatch(/decode processes: \d+\.\d core-ms a result, .*: \d+, \d+ MiB/);
  expect(text).toMatch(/answered frames of the streams: [\d.]+ % beside cameras, [\d.]+ % without/);
}

Deno.test("load holds more idle sessions than one address may have usually", async () => {
  await ensureModel();
  const args = ["--sessions", "2", "--seconds", "1", "--idle", "300"];
  const { code, text, error } = await runLoad(...args);
  expect([code, error]).toEqual([0, ""]);
  expect(text).toMatch(/300 idle sessions: -?[\d.]+ KiB of resident memory each/);
});

Deno.test("load tells in one line what it cannot do", async () => {
  for (
    const [args, line] of [
      [["--cameras", "x"], '--cameras has to be a whole number from 0, not "x"'],
      [["--fps", "0"], '--fps has to be a whole number from 1, not "0"'],
      [["--sessions", "0"], '--sessions has to be a whole number from 1, not "0"'],
      [["--camera"], "Unknown option '--camera'; see \"deno task load --help\""],
    ] as const
  ) {
    expect(await runLoad(...args)).toEqual({ code: 2, text: "", error: `livesyte: ${line}\n` });
  }
});
