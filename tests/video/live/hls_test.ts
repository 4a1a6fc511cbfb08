import { expect } from "expect";
import fc from "fast-check";
import { LiveDecoder } from "../../../lib/video/decode/live_decoder.ts";
import { hlsVariants } from "../../../lib/video/decode/hls_variants.ts";
import { formatMaster } from "../../../lib/video/live/hls_master.ts";
import type { PipelineResult } from "../../../lib/protocol/result.ts";
import { DOG_VIDEO, ffmpeg, withoutFfmpeg } from "../media.ts";
import { temporaryDirectory } from "../temporary_directory.ts";

Deno.test("hlsVariants are the qualities that are not larger than the source", () => {
  const sizes = (width: number, height: number) =>
    hlsVariants({ width, height }).map((each) => `${each.level} ${each.width}x${each.height}`);
  expect(sizes(1920, 1080)).toEqual(["720p 1280x720", "480p 852x480", "360p 640x360"]);
  expect(sizes(1280, 720)).toEqual(["720p 1280x720", "480p 852x480", "360p 640x360"]);
  expect(sizes(640, 480)).toEqual(["480p 640x480", "360p 480x360"]);
  expect(sizes(640, 360)).toEqual(["360p 640x360"]);
  expect(sizes(320, 240)).toEqual(["360p 320x240"]);
  expect(sizes(720, 1280)).toEqual(["720p 720x1280", "480p 480x852", "360p 360x640"]);
});

Deno.test("hlsVariants are even, of the shape of the source, and one at least", () => {
  const side = fc.integer({ min: 16, max: 5000 });
  fc.assert(fc.property(side, side, (width, height) => {
    const variants = hlsVariants({ width, height });
    expect(variants.length).toBeGreaterThan(0);
    for (const each of variants) {
      expect([each.width % 2, each.height % 2]).toEqual([0, 0]);
      expect(each.width <= width && each.height <= height).toBe(true);
      // There is one scale that gives both sides, but for what rounding takes.
      const least = Math.max((each.width - 1) / width, (each.height - 1) / height);
      const most = Math.min((each.width + 2) / width, (each.height + 2) / height);
      expect(least).toBeLessThanOrEqual(most);
    }
  }));
});

Deno.test("formatMaster names the profile and level that are in the encoder's header", () => {
  const header = new Uint8Array([0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1f, 0x8c, 0, 0, 0, 1, 0x68]);
  const [variant] = hlsVariants({ width: 1280, height: 720 });
  const text = formatMaster([{ variant: variant!, header }]);
  expect(text).toContain('RESOLUTION=1280x720,CODECS="avc1.42c01f"\n720p.m3u8\n');
  expect(formatMaster([{ variant: variant!, header: null }])).not.toContain("CODECS");
});

/** One box, drawn in the colour of class 0. */
const RESULT = {
  image: { width: 640, height: 480 },
  detections: [
    { class_id: 0, label: "dog", confidence: 0.9, bbox: [200, 200, 200, 200], track_id: null },
  ],
  text_blocks: [],
  models: {},
} as unknown as PipelineResult;

/** Takes so many frames and tells what was found in each. */
async function annotate(decoder: LiveDecoder, count: number): Promise<void> {
  for await (const { frameIndex } of decoder.frames()) {
    decoder.annotate(frameIndex, RESULT);
    if (--count === 0) return;
  }
}

function namesIn(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
}

/** RGB of one pixel of the first image of a video. */
async function pixelOf(path: string, x: number, y: number): Promise<number[]> {
  await using folder = await temporaryDirectory();
  const filter = `crop=2:2:${x}:${y}:exact=1,scale=1:1:flags=area,format=rgb24`;
  await ffmpeg("-i", path, "-vf", filter, "-frames:v", "1", "-f", "rawvideo", `${folder.path}/p`);
  return [...await Deno.readFile(`${folder.path}/p`)];
}

async function probe(path: string): Promise<{ streams: { width: number; codec_name: string }[] }> {
  const args = ["-v", "error", "-of", "json", "-show_streams", path];
  const { stdout } = await new Deno.Command("ffprobe", { args }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test({
  name: "a live source can be played as HLS, with results drawn in, and is bounded on the disk",
  ignore: withoutFfmpeg,
  async fn() {
    await using folder = await temporaryDirectory();
    const directory = `${folder.path}/a: b's`;
    await Deno.mkdir(directory);
    await using decoder = await LiveDecoder.open(`file://${DOG_VIDEO}`, {
      fps: 10,
      frameSize: { width: 640, height: 480 },
    });
    await annotate(decoder, 5);
    expect(namesIn(directory)).toEqual([]);

    decoder.play({ directory });
    await annotate(decoder, 190);
    const names = namesIn(directory);
    for (const level of ["480p", "360p"]) {
      // Six in the playlist, one that a player may still be reading, and that which is being written.
      const segments = names.filter((name) => name.startsWith(`${level}_`));
      expect(segments.length).toBeGreaterThanOrEqual(6);
      expect(segments.length).toBeLessThanOrEqual(8);
      const playlist = await Deno.readTextFile(`${directory}/${level}.m3u8`);
      const durations = Array.from(
        playlist.matchAll(/EXTINF:([\d.]+)/g),
        ([, each]) => Number(each),
      );
      expect(durations.length).toBe(6);
      for (const each of durations) expect(Math.abs(each - 2)).toBeLessThan(0.5);
    }
    const { streams } = await probe(`${directory}/master.m3u8`);
    expect(new Set(streams.map((each) => `${each.codec_name} ${each.width}`)))
      .toEqual(new Set(["h264 640", "h264 480"]));

    // The left side of the box, and the same place of the source.
    const playlist = await Deno.readTextFile(`${directory}/480p.m3u8`);
    const [segment = ""] = playlist.match(/^480p_\d+\.ts$/gm)?.slice(-1) ?? [];
    const drawn = await pixelOf(`${directory}/${segment}`, 199, 330);
    const plain = await pixelOf(DOG_VIDEO, 199, 330);
    const difference = drawn.reduce((sum, each, index) => sum + Math.abs(each - plain[index]!), 0);
    expect(difference).toBeGreaterThan(100);
    const elsewhere = await pixelOf(`${directory}/${segment}`, 500, 100);
    const expected = await pixelOf(DOG_VIDEO, 500, 100);
    for (const [index, each] of elsewhere.entries()) {
      expect(Math.abs(each - expected[index]!)).toBeLessThan(40);
    }

    decoder.play(null);
    await annotate(decoder, 10);
    const ended = namesIn(directory).map((
      name,
    ) => [name, Deno.statSync(`${directory}/${name}`).mtime]);
    await annotate(decoder, 25);
    expect(namesIn(directory).map((name) => [name, Deno.statSync(`${directory}/${name}`).mtime]))
      .toEqual(ended);
  },
});

Deno.test({
  name:
    "a live source gives frames on when its video cannot be written, or is begun again and again",
  ignore: withoutFfmpeg,
  async fn() {
    await using folder = await temporaryDirectory();
    await using decoder = await LiveDecoder.open(`file://${DOG_VIDEO}`, {
      fps: 25,
      frameSize: { width: 64, height: 48 },
    });
    decoder.play({ directory: `${folder.path}/missing` });
    for (let tries = 0; tries < 50 && !decoder.hasVideoFailed; tries++) await annotate(decoder, 10);
    expect(decoder.hasVideoFailed).toBe(true);
    for (let count = 0; count < 10; count++) {
      const directory = `${folder.path}/${count}`;
      await Deno.mkdir(directory);
      decoder.play({ directory });
      await annotate(decoder, 1 + count);
      if (count % 2 === 0) decoder.play(null);
    }
    decoder.play(null);
    await annotate(decoder, 20);
    expect((await decoder.frames().next()).value?.width).toBe(64);
  },
});
