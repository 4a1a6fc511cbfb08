import { expect } from "expect";
import sharp from "sharp";
import { LiveDecoder, type LiveFrame } from "../../../lib/video/decode/live_decoder.ts";
import { SourceError, type SourceErrorCode } from "../../../lib/video/decode/source_error.ts";
import { validateJpeg } from "../../../lib/streaming/frame_validator.ts";
import { isMissing } from "../../needs.ts";
import { DOG_VIDEO, makeTestCard, withoutFfmpeg } from "../media.ts";
import { temporaryDirectory } from "../temporary_directory.ts";
import {
  makeCountingVideo,
  RtspServer,
  serveDirectory,
  startHls,
  startMjpegCamera,
  withoutRtsp,
} from "./sources.ts";

const OPTIONS = { fps: 10, frameSize: { width: 640, height: 480 } };
const LIMITS = { maxFrameBytes: 2_000_000, maxFramePixels: 640 * 480 };

type Arrival = LiveFrame & { arrivedMs: number };

/** Opens a source and takes so many frames, each of which has to be a JPEG that the server accepts. */
async function take(address: string, count: number, options = OPTIONS) {
  await using decoder = await LiveDecoder.open(address, options);
  const frames: Arrival[] = [];
  for await (const frame of decoder.frames()) {
    expect(validateJpeg(frame.jpeg, LIMITS)).toEqual({ width: frame.width, height: frame.height });
    frames.push({ ...frame, arrivedMs: performance.now() });
    if (frames.length === count) break;
  }
  const { info } = await sharp(frames.at(-1)?.jpeg).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([frames.at(-1)?.width, frames.at(-1)?.height]);
  return { info: decoder.info, frames };
}

/** Frames a second, without those that had come before the source was open. */
function rateOf(frames: Arrival[]): number {
  const settled = frames.slice(10);
  const seconds = (settled.at(-1)!.arrivedMs - settled[0]!.arrivedMs) / 1000;
  return (settled.length - 1) / seconds;
}

/** Opens a source and reads on until it fails. */
async function failure(address: string, options = {}): Promise<SourceError> {
  try {
    await using decoder = await LiveDecoder.open(address, { ...OPTIONS, ...options });
    for await (const _frame of decoder.frames());
  } catch (error) {
    if (error instanceof SourceError) return error;
    throw error;
  }
  throw new Error("The source has ended without an error");
}

async function failureCode(address: string, options = {}): Promise<SourceErrorCode> {
  return (await failure(address, options)).code;
}

Deno.test({
  name: "LiveDecoder gives the frames of H.264 over RTSP, ten a second of thirty",
  ignore: withoutRtsp,
  async fn() {
    await using server = await RtspServer.start();
    const { info, frames } = await take(server.url, 40);
    expect(info).toEqual({ width: 1280, height: 720, fps: 30, codec: "h264" });
    expect([frames[0]?.width, frames[0]?.height]).toEqual([640, 360]);
    expect(rateOf(frames)).toBeGreaterThan(8.5);
    expect(rateOf(frames)).toBeLessThan(11);
  },
});

Deno.test({
  name: "LiveDecoder gives twelve frames a second of thirty as well",
  ignore: withoutRtsp,
  async fn() {
    await using server = await RtspServer.start({ width: 320, height: 240 });
    const { frames } = await take(server.url, 48, { ...OPTIONS, fps: 12 });
    expect(rateOf(frames)).toBeGreaterThan(10.5);
    expect(rateOf(frames)).toBeLessThan(13);
  },
});

Deno.test({
  name: "LiveDecoder gives the frames of H.265, 4K, 60 a second and JPEG over RTSP",
  ignore: withoutRtsp,
  async fn() {
    for (
      const [options, expected] of [
        [{ codec: "h265", width: 640, height: 360 }, "hevc 640x360 to 640x360"],
        [{ width: 3840, height: 2160, fps: 15 }, "h264 3840x2160 to 640x360"],
        [{ width: 640, height: 480, fps: 60 }, "h264 640x480 to 640x480"],
        [{ codec: "mjpeg", width: 640, height: 480 }, "mjpeg 640x480 to 640x480"],
      ] as const
    ) {
      await using server = await RtspServer.start(options);
      const { info, frames: [frame] } = await take(server.url, 5);
      expect(`${info.codec} ${info.width}x${info.height} to ${frame?.width}x${frame?.height}`)
        .toBe(expected);
    }
  },
});

Deno.test({
  name: "LiveDecoder lets the RTSP server see the password, and nobody else",
  ignore: withoutRtsp || Deno.build.os !== "linux",
  async fn() {
    await using server = await RtspServer.start({
      width: 320,
      height: 240,
      login: ["admin", "p@ss/word"],
    });
    const at = (login: string) => server.url.replace("rtsp://", `rtsp://${login}@`);
    await using decoder = await LiveDecoder.open(at("admin:p%40ss%2Fword"), OPTIONS);
    expect((await decoder.frames().next()).value?.width).toBe(320);
    expect(await Deno.readTextFile(`/proc/${decoder.pid}/cmdline`)).toContain("decode_process");
    for (const file of ["cmdline", "environ"]) {
      const text = await Deno.readTextFile(`/proc/${decoder.pid}/${file}`);
      expect(text).not.toMatch(/word|rtsp/);
    }
    for (const login of ["admin:secret99", "secret99:word"]) {
      const error = await failure(at(login));
      expect(error.code).toBe("unauthorized");
      expect(`${error.message}${error.stack}${error.cause}`).not.toContain("secret99");
    }
    expect(await failureCode(server.url)).toBe("unauthorized");
  },
});

Deno.test({
  name: "LiveDecoder says why an RTSP source cannot be opened",
  ignore: withoutRtsp,
  async fn() {
    await using server = await RtspServer.start({ width: 320 });
    expect(await failureCode(server.url.replace("/video", "/other"))).toBe("not_found");
    server.kill("SIGSTOP");
    expect(await failureCode(server.url, { openTimeoutMs: 1000 })).toBe("timed_out");
  },
});

Deno.test({
  name: "LiveDecoder says when a source falls silent or goes away",
  ignore: withoutRtsp,
  async fn() {
    for (const [signal, codes] of [["SIGSTOP", "timed_out"], ["SIGKILL", "ended"]] as const) {
      await using server = await RtspServer.start({ width: 320 });
      await using decoder = await LiveDecoder.open(server.url, {
        ...OPTIONS,
        frameTimeoutMs: 1500,
      });
      const frames = decoder.frames();
      await frames.next();
      server.kill(signal);
      const rest = (async () => {
        for await (const _frame of frames);
      })();
      await expect(rest).rejects.toMatchObject({ code: codes });
    }
  },
});

Deno.test({
  name: "LiveDecoder gives a frame of now after a pause, however long it was",
  ignore: withoutRtsp,
  async fn() {
    await using server = await RtspServer.start({ width: 320, height: 240 });
    await using decoder = await LiveDecoder.open(server.url, OPTIONS);
    const frames = decoder.frames();
    /** When frame 0 would have been taken, had this one come without delay. */
    const startOf = async () => {
      const { value } = await frames.next();
      return performance.now() - (value?.frameIndex ?? NaN) * 1000 / 30;
    };
    const starts: number[] = [];
    for (let count = 0; count < 30; count++) starts.push(await startOf());
    const start = Math.min(...starts);
    for (const pauseMs of [2000, 20_000]) {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      const delayMs = await startOf() - start;
      // One that waited is at most a tenth of a second old; what comes next is newer.
      expect(delayMs).toBeLessThan(400);
      expect(await startOf() - start).toBeLessThan(400);
    }
    expect(decoder.droppedFrames).toBeGreaterThan(180);
  },
});

Deno.test("LiveDecoder passes the JPEGs of a camera on, and scales those that are too large", async () => {
  const make = (width: number, height: number) =>
    sharp({ create: { width, height, channels: 3, background: "#c83214" } }).jpeg().toBuffer();
  const [small, large] = [await make(640, 480), await make(1280, 960)];
  for (const jpeg of [small, large]) {
    await using camera = startMjpegCamera(new Uint8Array(jpeg), 30);
    const { info, frames } = await take(`http://127.0.0.1:${camera.addr.port}/video`, 30);
    expect([info.codec, info.fps]).toEqual(["mjpeg", null]);
    expect([frames[0]?.width, frames[0]?.height]).toEqual([640, 480]);
    expect(rateOf(frames)).toBeGreaterThan(8.5);
    expect(rateOf(frames)).toBeLessThan(11);
    if (jpeg === small) expect(frames[0]?.jpeg).toEqual(new Uint8Array(small));
    const { data } = await sharp(frames[5]?.jpeg).raw().toBuffer({ resolveWithObject: true });
    for (const [channel, value] of [0xc8, 0x32, 0x14].entries()) {
      expect(Math.abs((data[channel] ?? NaN) - value)).toBeLessThan(8);
    }
  }
});

Deno.test("LiveDecoder says when a camera ends its answer, and leaves out JPEGs that are cut off", async () => {
  const jpeg = await Deno.readFile(`${import.meta.dirname}/../../fixtures/dog.jpg`);
  const parts = [jpeg, jpeg.subarray(0, 9000), jpeg.subarray(0, 100), jpeg, jpeg];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      async start(controller) {
        for (const part of parts) {
          const head = `--b\r\nContent-Type: image/jpeg\r\nContent-Length: ${part.length}\r\n\r\n`;
          for (const bytes of [new TextEncoder().encode(head), part]) controller.enqueue(bytes);
          controller.enqueue(new TextEncoder().encode("\r\n"));
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
        controller.close();
      },
    });
    return new Response(body, {
      headers: { "content-type": "multipart/x-mixed-replace; boundary=b" },
    });
  });
  await using decoder = await LiveDecoder.open(`http://127.0.0.1:${server.addr.port}/`, OPTIONS);
  const frames: LiveFrame[] = [];
  const all = (async () => {
    for await (const frame of decoder.frames()) frames.push(frame);
  })();
  await expect(all).rejects.toMatchObject({ code: "ended" });
  expect(frames.length).toBeGreaterThanOrEqual(3);
  for (const { jpeg } of frames) await sharp(jpeg).raw().toBuffer();
});

Deno.test("LiveDecoder says why a source over HTTP cannot be opened", async () => {
  const answers: Record<string, () => Response> = {
    "/locked": () => new Response("", { status: 401 }),
    "/forbidden": () => new Response("", { status: 403 }),
    "/broken": () => new Response("", { status: 500 }),
    "/page": () => new Response("<html><body>Hello</body></html>"),
    "/empty": () => new Response(""),
    "/silent": () => new Response(new ReadableStream()),
    "/local": () => Response.redirect(`file://${DOG_VIDEO}`),
  };
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => answers[new URL(request.url).pathname]?.() ?? new Response("", { status: 404 }),
  );
  const at = (path: string) => `http://u:secret99@127.0.0.1:${server.addr.port}${path}`;
  expect(await failureCode(at("/nothing"))).toBe("not_found");
  expect(await failureCode(at("/locked"))).toBe("unauthorized");
  expect(await failureCode(at("/forbidden"))).toBe("unauthorized");
  expect(await failureCode(at("/broken"))).toBe("unreachable");
  expect(await failureCode(at("/page"))).toBe("no_video");
  expect(await failureCode(at("/empty"))).toBe("no_video");
  expect(await failureCode(at("/silent"), { openTimeoutMs: 1000 })).toBe("timed_out");
  expect(["no_video", "unreachable"]).toContain(await failureCode(at("/local")));
  for (const address of ["rtsp://127.0.0.1:1/a", "http://127.0.0.1:1/a", "http://a.invalid/a"]) {
    const error = await failure(address.replace("//", "//u:secret99@"));
    expect(error.code).toBe("unreachable");
    expect(error.message).not.toMatch(/secret99|127\.0/);
  }
});

Deno.test({
  name: "LiveDecoder plays HLS evenly, though it comes in segments",
  ignore: withoutFfmpeg,
  async fn() {
    await using hls = await startHls();
    const { info, frames } = await take(hls.url, 40);
    expect([info.codec, info.width, info.fps]).toEqual(["h264", 640, 25]);
    expect(rateOf(frames)).toBeGreaterThan(8.5);
    expect(rateOf(frames)).toBeLessThan(11.5);
  },
});

Deno.test({
  name: "LiveDecoder reads no file that a playlist names",
  ignore: withoutFfmpeg,
  async fn() {
    await using directory = await temporaryDirectory();
    const segment = `${directory.path}/local.ts`;
    await makeTestCard(segment, 50);
    const playlist = (line: string) =>
      `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n${line}\n#EXT-X-ENDLIST\n`;
    const lines = {
      "plain.m3u8": "local.ts",
      "file.m3u8": `file://${segment}`,
      "path.m3u8": `file:${segment}`,
      "concat.m3u8": `concat:${segment}`,
      "subfile.m3u8": `subfile,,start,0,end,0,,:${segment}`,
      "crypto.m3u8": `crypto:file:${segment}`,
      "data.m3u8": "data:video/mp2t;base64,AAAA",
    };
    for (const [name, line] of Object.entries(lines)) {
      await Deno.writeTextFile(`${directory.path}/${name}`, playlist(line));
    }
    await using server = serveDirectory(directory.path);
    const at = (name: string) => `http://127.0.0.1:${server.addr.port}/${name}`;
    // The same playlist works where it leads back to its server.
    expect((await take(at("plain.m3u8"), 3)).info.codec).toBe("h264");
    for (const name of Object.keys(lines).slice(1)) {
      expect([name, await failureCode(at(name), { openTimeoutMs: 5000 })])
        .toEqual([name, expect.stringMatching(/^(no_video|unreachable|ended)$/)]);
      // Nor where the playlist is a file itself.
      expect([name, await failureCode(`file://${directory.path}/${name}`)])
        .toEqual([name, "no_video"]);
    }
  },
});

Deno.test({
  name:
    "LiveDecoder plays a file in a loop, in real time, and the frames are those that it numbers",
  ignore: withoutFfmpeg,
  async fn() {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/counting video.mp4`;
    await makeCountingVideo(path, 25, 25);
    const { info, frames } = await take(`file://${encodeURI(path)}`, 40);
    expect(info).toEqual({ width: 320, height: 240, fps: 25, codec: "h264" });
    expect(rateOf(frames)).toBeGreaterThan(9);
    expect(rateOf(frames)).toBeLessThan(11);
    expect(frames.at(-1)?.frameIndex).toBeGreaterThan(90);
    for (const { jpeg, frameIndex } of frames) {
      const { data } = await sharp(jpeg).greyscale().raw().toBuffer({ resolveWithObject: true });
      // Stored with limited range, 16 to 235.
      const told = (data[240 * 160] ?? NaN) * 219 / 255 + 16 - 28;
      expect([frameIndex, Math.abs(told - frameIndex % 25) < 1.5]).toEqual([frameIndex, true]);
    }
  },
});

Deno.test("LiveDecoder says why a file or a device cannot be opened", async () => {
  const fixture = (name: string) => `file://${import.meta.dirname}/../../fixtures/${name}`;
  expect(await failureCode("file:///no/such/video.mp4")).toBe("not_found");
  expect(await failureCode(fixture("dog.jpg"))).toBe("no_video");
  expect(await failureCode(`file://${import.meta.filename}`)).toBe("no_video");
  expect(await failureCode(`file://${DOG_VIDEO}`, { maxPixels: 1000 })).toBe("no_video");
  expect(await failureCode("/dev/video99")).toBe("no_device");
  expect(await failureCode("v4l2:/dev/video99")).toBe("no_device");
});

Deno.test("LiveDecoder reports a decode process that dies, or needs too much memory", async () => {
  await using decoder = await LiveDecoder.open(`file://${DOG_VIDEO}`, OPTIONS);
  const frames = decoder.frames();
  await frames.next();
  Deno.kill(decoder.pid, "SIGKILL");
  const rest = (async () => {
    for await (const _frame of frames);
  })();
  await expect(rest).rejects.toMatchObject({ code: "crashed" });
  expect(await failureCode(`file://${DOG_VIDEO}`, { maxMemoryBytes: 8 * 1_048_576 }))
    .toBe("too_much_memory");
});

Deno.test({
  name: "LiveDecoder leaves no process and no descriptor behind",
  ignore: Deno.build.os !== "linux" || isMissing("ffmpeg"),
  async fn() {
    const descriptors = () => [...Deno.readDirSync("/proc/self/fd")].length;
    const open = async () => {
      await using decoder = await LiveDecoder.open(`file://${DOG_VIDEO}`, OPTIONS);
      await decoder.frames().next();
      return decoder.pid;
    };
    await open();
    const before = descriptors();
    for (let count = 0; count < 20; count++) {
      const pid = await open();
      await expect(Deno.stat(`/proc/${pid}`)).rejects.toThrow(Deno.errors.NotFound);
    }
    expect(descriptors()).toBeLessThanOrEqual(before + 1);
  },
});

Deno.test("LiveDecoder ends its process when it is told to stop", async () => {
  const stopping = new AbortController();
  await using decoder = await LiveDecoder.open(`file://${DOG_VIDEO}`, {
    ...OPTIONS,
    signal: stopping.signal,
  });
  const frames = decoder.frames();
  await frames.next();
  stopping.abort();
  const rest = (async () => {
    for await (const _frame of frames);
  })();
  await expect(rest).rejects.toThrow(SourceError);
});
