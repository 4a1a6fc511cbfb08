import { expect } from "expect";
import { textLines } from "../../../bench/text_lines.ts";
import type { ChildProgram } from "../../../lib/child_program.ts";
import { VideoDecodeError } from "../../../lib/video/errors.ts";
import {
  VideoDecoder,
  type VideoDecoderOptions,
  type VideoFrame,
} from "../../../lib/video/decode/video_decoder.ts";
import { writeBoxes } from "../attack_files.ts";
import { ffmpeg, H264, makeDogVideo, makeTestCard, withoutFfmpeg as ignore } from "../media.ts";
import { temporaryDirectory } from "../temporary_directory.ts";

const FRAME_SIZE = { width: 512, height: 384 };

/** Runs a piece of TypeScript in place of the decode process. */
function fakeProcess(code: string): ChildProgram {
  return { command: Deno.execPath(), args: ["eval", "--cached-only", code] };
}

async function decode(path: string, options: Partial<VideoDecoderOptions> = {}) {
  await using decoder = await VideoDecoder.open(path, { frameSize: FRAME_SIZE, ...options });
  const frames: VideoFrame[] = [];
  for await (const frame of decoder.frames()) frames.push(frame);
  return { info: decoder.info, frames };
}

/** How decoding ends: with the number of frames, or the sentence of the error. */
async function outcome(
  path: string,
  options: Partial<VideoDecoderOptions> = {},
): Promise<number | string> {
  try {
    return (await decode(path, options)).frames.length;
  } catch (error) {
    if (!(error instanceof VideoDecodeError)) throw error;
    return error.message;
  }
}

/** RGB of the pixel at a share of the frame's width and height. */
function pixelAt({ data, width, height }: VideoFrame, x: number, y: number): number[] {
  const offset = (Math.floor(y * height) * width + Math.floor(x * width)) * 3;
  return [...data.subarray(offset, offset + 3)];
}

Deno.test({
  name: "VideoDecoder gives every frame of an H.264 video with its time",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/dog.mp4`;
    await makeDogVideo(path, 30);
    const { info, frames } = await decode(path);
    expect(info).toEqual({ width: 640, height: 480, frameCount: 30, durationMs: 1200 });
    expect(frames.map(({ frameIndex }) => frameIndex)).toEqual([...Array(30).keys()]);
    expect(frames.map(({ timestampMs }) => timestampMs)).toEqual(
      Array.from({ length: 30 }, (_, index) => index * 40),
    );
    expect(frames.every(({ width, height }) => width === 512 && height === 384)).toBe(true);
  },
});

Deno.test({
  name: "VideoDecoder gives the colours of the image",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/red.mp4`;
    await makeTestCard(path, 2, { source: "color=c=0xC83214:s=320x240:r=25" });
    const { frames } = await decode(path);
    for (const [channel, value] of [0xC8, 0x32, 0x14].entries()) {
      // Colours are stored as limited-range YUV, which costs a few levels.
      const difference = Math.abs((pixelAt(frames[1]!, 0.5, 0.5)[channel] ?? NaN) - value);
      expect(difference).toBeLessThanOrEqual(6);
    }
  },
});

Deno.test({
  name: "VideoDecoder does not enlarge a small video",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/small.mp4`;
    await makeTestCard(path, 1, { source: "testsrc2=s=162x120:r=25" });
    const { frames } = await decode(path);
    expect(frames.map(({ width, height }) => [width, height])).toEqual([[162, 120]]);
  },
});

Deno.test({
  name: "VideoDecoder decodes VP9 in WebM",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/card.webm`;
    const encoder = ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"];
    await makeTestCard(path, 20, { encoder });
    const { info, frames } = await decode(path);
    expect(info).toEqual({ width: 320, height: 240, frameCount: 20, durationMs: 800 });
    expect(frames.at(-1)?.timestampMs).toBe(760);
    expect(frames.length).toBe(20);
  },
});

Deno.test({
  name: "VideoDecoder turns a phone's video upright in each of the four ways",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    const upright = `${directory.path}/upright.mp4`;
    // Red at the top left, blue elsewhere: where the red is found tells how the image was turned.
    const source = "color=c=blue:s=320x240:r=25,drawbox=w=160:h=120:c=red:t=fill";
    await makeTestCard(upright, 3, { source });
    // Where the top left corner goes when the image is shown turned by so many degrees clockwise.
    const corners = { 0: [0.25, 0.25], 90: [0.75, 0.25], 180: [0.75, 0.75], 270: [0.25, 0.75] };
    for (const [degrees, [x, y]] of Object.entries(corners)) {
      const path = `${directory.path}/${degrees}.mp4`;
      await Deno.copyFile(upright, path);
      await writeRotation(path, Number(degrees));
      const { info, frames } = await decode(path);
      const swapped = Number(degrees) % 180 === 90;
      expect([info.width, info.height]).toEqual(swapped ? [240, 320] : [320, 240]);
      expect(pixelAt(frames[2]!, x ?? 0, y ?? 0)[0]).toBeGreaterThan(200);
    }
  },
});

/** Writes the matrix that turns an image clockwise into an MP4's only track header (ISO/IEC 14496-12, 8.3.2). */
async function writeRotation(path: string, degrees: number): Promise<void> {
  const bytes = await Deno.readFile(path);
  const start = new TextDecoder("latin1").decode(bytes).indexOf("tkhd") + 4 + 40;
  const cosine = Math.round(Math.cos(degrees * Math.PI / 180)) * 65536;
  const sine = Math.round(Math.sin(degrees * Math.PI / 180)) * 65536;
  const view = new DataView(bytes.buffer);
  for (const [index, value] of [cosine, sine, 0, -sine, cosine].entries()) {
    view.setInt32(start + index * 4, value);
  }
  await Deno.writeFile(path, bytes);
}

Deno.test({
  name: "VideoDecoder gives pixels that are not square their shape as shown",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/wide.mp4`;
    await makeTestCard(path, 2, { source: "testsrc2=s=360x240:r=25,setsar=4/3" });
    const { info, frames } = await decode(path);
    expect([info.width, info.height]).toEqual([480, 240]);
    expect([frames[0]?.width, frames[0]?.height]).toEqual([480, 240]);
  },
});

Deno.test({
  name: "VideoDecoder keeps the times of a video with a variable frame rate",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/variable.mp4`;
    // Frames 2, 3 and 6 of seven are left out, and no others are put in their places.
    const filter = "testsrc2=s=320x240:r=25,select='not(eq(n,2)+eq(n,3)+eq(n,6))'";
    await makeTestCard(path, 6, { source: filter, encoder: ["-fps_mode", "vfr", ...H264] });
    const { frames } = await decode(path);
    expect(frames.map(({ timestampMs }) => timestampMs)).toEqual([0, 40, 160, 200, 280, 320]);
  },
});

Deno.test({
  name: "VideoDecoder takes every third frame, and no more than asked for",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/card.mp4`;
    await makeTestCard(path, 20);
    const indices = async (options: Partial<VideoDecoderOptions>) =>
      (await decode(path, options)).frames.map(({ frameIndex }) => frameIndex);
    expect(await indices({ frameStride: 3 })).toEqual([0, 3, 6, 9, 12, 15, 18]);
    expect(await indices({ frameStride: 3, maxFrames: 2 })).toEqual([0, 3]);
    expect(await indices({ maxFrames: 50, startFrame: 17 })).toEqual([17, 18, 19]);
    expect(await indices({ frameStride: 3, startFrame: 7 })).toEqual([9, 12, 15, 18]);
    expect(await indices({ startFrame: 20 })).toEqual([]);
  },
});

Deno.test({
  name: "VideoDecoder gives the same pixels when it starts in the middle",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/card.mp4`;
    await makeTestCard(path, 20);
    const all = await decode(path);
    const late = await decode(path, { startFrame: 13 });
    expect(late.frames).toEqual(all.frames.slice(13));
  },
});

Deno.test({
  name: "VideoDecoder says what is wrong with a file that it cannot decode",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    const at = (name: string) => `${directory.path}/${name}`;
    await makeTestCard(at("card.mp4"), 50);
    await makeTestCard(at("fast.mp4"), 50, { encoder: [...H264, "-movflags", "+faststart"] });
    await ffmpeg("-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac", at("audio.mp4"));
    const card = await Deno.readFile(at("card.mp4"));
    const fast = await Deno.readFile(at("fast.mp4"));
    const random = card.slice();
    for (let start = 32; start < random.length; start += 65536) {
      crypto.getRandomValues(random.subarray(start, start + 65536));
    }
    await Deno.writeFile(at("half.mp4"), card.subarray(0, card.length / 2));
    await Deno.writeFile(at("fast_half.mp4"), fast.subarray(0, fast.length / 2));
    await Deno.writeFile(at("random.mp4"), random);
    await Deno.writeFile(at("empty.mp4"), new Uint8Array());

    expect(await outcome(at("half.mp4"))).toBe("The video file is incomplete: its end is missing");
    expect(await outcome(at("fast_half.mp4"))).toBe(
      "The video file is incomplete: its end is missing",
    );
    expect(await outcome(at("random.mp4"))).toBe("The file is not a readable video");
    expect(await outcome(at("audio.mp4"))).toBe("The file has no video track");
    expect(await outcome(at("empty.mp4"))).toBe("The video file is empty");
    expect(await outcome(at("missing.mp4"))).toBe("The video file is missing");
  },
});

Deno.test({
  name: "VideoDecoder refuses 8K before it decodes an image",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/8k.mp4`;
    await makeTestCard(path, 1, { source: "color=c=gray:s=7680x4320:r=25" });
    expect(await outcome(path)).toBe(
      "The video of 7680×4320 pixels exceeds the limit of 16777216 pixels",
    );
  },
});

Deno.test({
  name: "VideoDecoder does not follow a playlist that calls itself an MP4",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    let requests = 0;
    await using server = Deno.serve({ port: 0, onListen() {} }, () => {
      requests++;
      return new Response("");
    });
    const path = `${directory.path}/playlist.mp4`;
    const { port } = server.addr;
    await Deno.writeTextFile(
      path,
      `#EXTM3U\n#ftyp\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:${port}/part.ts\n`,
    );
    expect(await outcome(path)).toBe("The file is not a readable video");
    expect(requests).toBe(0);
  },
});

Deno.test({
  name: "VideoDecoder ends each of 200 damaged copies of a video in frames or a clear error",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/card.mp4`;
    const source = "testsrc2=s=64x48:r=25";
    await makeTestCard(path, 12, { source });
    const original = await Deno.readFile(path);
    const random = randomNumbers(2026);
    const outcomes = new Map<number | string, number>();
    for (let copy = 0; copy < 200; copy++) {
      const damaged = damage(original, random);
      await Deno.writeFile(path, damaged);
      const end = await outcome(path, { frameTimeoutMs: 10_000 });
      outcomes.set(end, (outcomes.get(end) ?? 0) + 1);
    }
    const sentences = [...outcomes.keys()].filter((end) => typeof end === "string");
    expect(sentences.every((sentence) => /^[A-Z].* .*[^.]$/.test(sentence))).toBe(true);
    // A copy that survives shows that the damage is not so heavy that nothing is ever decoded.
    expect(outcomes.get(12)).toBeGreaterThan(0);
    expect(sentences.length).toBeGreaterThan(0);
  },
});

/** Numbers between 0 and 1 that are the same in every run (mulberry32, Tommy Ettinger 2017). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6D2B79F5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A copy with some bytes changed, removed or repeated behind the signature. */
function damage(original: Uint8Array, random: () => number): Uint8Array {
  const bytes = [...original];
  const changes = 1 + Math.floor(random() * 12);
  for (let change = 0; change < changes; change++) {
    const at = 12 + Math.floor(random() * (bytes.length - 12));
    const kind = random();
    if (kind < 0.7) bytes[at] = Math.floor(random() * 256);
    else if (kind < 0.85) bytes.splice(at, 1 + Math.floor(random() * 16));
    else bytes.splice(at, 0, ...bytes.slice(at, at + 16));
  }
  return new Uint8Array(bytes);
}

Deno.test({
  name: "VideoDecoder reports a decode process that is killed midway",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/card.mp4`;
    await makeTestCard(path, 200);
    await using decoder = await VideoDecoder.open(path, { frameSize: FRAME_SIZE });
    const frames = decoder.frames();
    await frames.next();
    Deno.kill(decoder.pid, "SIGKILL");
    const rest = (async () => {
      for await (const _ of frames);
    })();
    await expect(rest).rejects.toThrow("Decoding the video broke off unexpectedly");
  },
});

Deno.test({
  name: "VideoDecoder lets streams go before the decode process",
  ignore: ignore || Deno.build.os !== "linux",
  async fn() {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/card.mp4`;
    await makeTestCard(path, 200);
    await using decoder = await VideoDecoder.open(path, { frameSize: FRAME_SIZE });
    const threads = [...Deno.readDirSync(`/proc/${decoder.pid}/task`)].map(({ name }) =>
      Deno.readTextFileSync(`/proc/${decoder.pid}/task/${name}/stat`)
    );
    // The 19th field, counted without the two before the last bracket (proc(5)).
    const priorities = threads.map((stat) => Number(stat.split(") ").at(-1)?.split(" ")[16]));
    expect(new Set(priorities)).toEqual(new Set([10]));
  },
});

Deno.test("VideoDecoder reports a decode process that hangs", async () => {
  const command = fakeProcess("await new Promise(() => setInterval(() => {}, 1000))");
  const path = `${import.meta.filename}`;
  expect(await outcome(path, { command, frameTimeoutMs: 300 })).toBe(
    "The video gave no frame for 0.3 seconds",
  );
});

Deno.test({
  name: "VideoDecoder ends a decode process that needs too much memory",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/card.mp4`;
    await makeTestCard(path, 1000);
    // Deno alone needs more, so the first look at the memory ends the process.
    expect(await outcome(path, { maxMemoryBytes: 8 * 1_048_576 })).toBe(
      "Decoding the video needs more than 8 MB of memory",
    );
    expect(await outcome(path)).toBe(1000);
  },
});

Deno.test("VideoDecoder does not trust what the decode process writes", async () => {
  const path = `${import.meta.filename}`;
  const writes = [
    "new Uint8Array(8).fill(255)",
    "new Uint8Array([0, 0, 0, 2, 0, 0, 0, 0, 123, 123])",
    "new Uint8Array([0, 0, 0, 2, 0, 0, 0, 0, 123, 125])",
    "new Uint8Array(3)",
  ];
  for (const bytes of writes) {
    const command = fakeProcess(`await Deno.stdout.write(${bytes})`);
    expect(await outcome(path, { command })).toBe("Decoding the video broke off unexpectedly");
  }
});

Deno.test("VideoDecoder takes over nothing from the decode process that makes no sense", async () => {
  const path = `${import.meta.filename}`;
  const stream = { type: "stream", width: 64, height: 48, frameCount: 1, durationMs: 40 };
  const size = { width: 64, height: 48, shownWidth: 64, shownHeight: 48 };
  const frame = { type: "frame", frameIndex: 0, timestampMs: 0, ...size };
  const heads: object[][] = [
    [{ ...stream, width: 1e9 }],
    [{ ...stream, height: "48" }],
    [{ ...stream, frameCount: -1 }],
    [{ ...stream, durationMs: 0.5 }],
    [stream, { ...frame, frameIndex: 1.5 }],
    [stream, { ...frame, timestampMs: null }],
    [stream, { ...frame, shownWidth: 0 }],
    [stream, { type: "shell", command: "reboot" }],
    [stream, frame],
  ];
  for (const records of heads) {
    const code = `for (const head of ${JSON.stringify(records)}) {
      const json = new TextEncoder().encode(JSON.stringify(head));
      await Deno.stdout.write(new Uint8Array([0, 0, 0, json.length, 0, 0, 0, 0, ...json]));
    }`;
    const end = await outcome(path, { command: fakeProcess(code) });
    expect([records, end]).toEqual([records, "Decoding the video broke off unexpectedly"]);
  }
  const extended = JSON.stringify({ ...stream, secret: "x" });
  const command = fakeProcess(`const json = new TextEncoder().encode(${JSON.stringify(extended)});
    await Deno.stdout.write(new Uint8Array([0, 0, 0, json.length, 0, 0, 0, 0, ...json]));`);
  await using decoder = await VideoDecoder.open(path, { frameSize: FRAME_SIZE, command });
  const { type: _type, ...info } = stream;
  expect(decoder.info).toEqual(info);
});

Deno.test("VideoDecoder gives up on five million boxes when it is told to, and tells what they are when it is not", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/boxes.mp4`;
  await writeBoxes(path, 5_000_000);
  const abort = new AbortController();
  const opening = VideoDecoder.open(path, { frameSize: FRAME_SIZE, signal: abort.signal });
  setTimeout(() => abort.abort(), 1000);
  const startedAt = performance.now();
  await expect(opening).rejects.toThrow("Decoding the video broke off unexpectedly");
  expect(performance.now() - startedAt).toBeLessThan(3000);
  expect(await outcome(path)).toBe("The file is not a readable video");
});

Deno.test({
  name: "the decode process ends when the server dies",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/card.mp4`;
    await makeTestCard(path, 200);
    // A server that opens a video, tells the process id, and is then killed without warning.
    const code = `import { VideoDecoder } from ${
      JSON.stringify(import.meta.resolve("../../../lib/video/decode/video_decoder.ts"))
    };
      const options = { frameSize: { width: 64, height: 64 } };
      const decoder = await VideoDecoder.open(${JSON.stringify(path)}, options);
      console.log(String(decoder.pid));
      await new Promise(() => setInterval(() => {}, 1000));`;
    const script = `${directory.path}/server.ts`;
    await Deno.writeTextFile(script, code);
    await using server = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--cached-only",
        "--config",
        `${import.meta.dirname}/../../../deno.json`,
        script,
      ],
      stdout: "piped",
    }).spawn();
    const lines = textLines(server.stdout);
    const pid = Number((await lines.next()).value);
    expect(pid).toBeGreaterThan(0);
    server.kill("SIGKILL");
    await lines.return(undefined);
    const deadline = Date.now() + 10_000;
    while (await isRunning(pid) && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await isRunning(pid)).toBe(false);
  },
});

/** Whether a process runs; one that has ended and waits for its parent to look does not. */
async function isRunning(pid: number): Promise<boolean> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "State: X");
  return !/^State:\s*[ZX]/m.test(status);
}
