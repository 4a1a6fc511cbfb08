/** Sources that answer, and give nothing that can be looked at. */

import { expect } from "expect";
import { FrameFilter } from "../../../lib/video/decode/frame_filter.ts";
import type { LiveCommand } from "../../../lib/video/decode/frame_protocol.ts";
import {
  defaultDecodeCommand,
  spawnDecodeProcess,
} from "../../../lib/video/decode/decode_command.ts";
import { LiveDecoder } from "../../../lib/video/decode/live_decoder.ts";
import { SourceError } from "../../../lib/video/decode/source_error.ts";
import { VideoDecodeError } from "../../../lib/video/errors.ts";
import { Damage } from "../../../lib/video/live/damage.ts";
import { runLive } from "../../../lib/video/live/run_live.ts";
import { waitFor } from "../wait_for.ts";
import { ffmpeg, makeTestCard, withoutFfmpeg } from "../media.ts";
import { temporaryDirectory } from "../temporary_directory.ts";
import { RtspServer, startMjpegCamera, withoutRtsp } from "./sources.ts";

const SIZE = { width: 640, height: 480 };
const OPTIONS = { fps: 25, frameSize: SIZE };
const DOG = Deno.readFileSync(`${import.meta.dirname}/../../fixtures/dog.jpg`);

async function problemOf(address: string, options = {}): Promise<string> {
  try {
    await using decoder = await LiveDecoder.open(address, {
      ...OPTIONS,
      signal: AbortSignal.timeout(60_000),
      ...options,
    });
    for await (const _frame of decoder.frames());
  } catch (error) {
    if (error instanceof SourceError) return error.problem;
    throw error;
  }
  throw new Error("The source has ended without an error");
}

/** Answers each connection with so many bytes. */
function answer(bytes: string): Deno.Listener & { url(scheme: string): string } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serve = async (connection: Deno.Conn) => {
    const request = new Uint8Array(4096);
    while (await connection.read(request) !== null) {
      await connection.write(new TextEncoder().encode(bytes));
    }
    connection.close();
  };
  (async () => {
    for await (const connection of listener) serve(connection).catch(() => {});
  })();
  const { port } = listener.addr as Deno.NetAddr;
  return Object.assign(listener, { url: (scheme: string) => `${scheme}://127.0.0.1:${port}/a` });
}

Deno.test("LiveDecoder says that bytes in place of JPEGs cannot be decoded", async () => {
  const noise = Uint8Array.from({ length: 20_000 }, (_, index) => (index * 7919) & 0x7f);
  await using camera = startMjpegCamera(noise, 25);
  expect(await problemOf(`http://127.0.0.1:${camera.addr.port}/video`)).toBe("no_frames");
});

Deno.test({
  name: "LiveDecoder says that pictures of no size, and over UDP only, give no video",
  ignore: withoutRtsp,
  async fn() {
    // JPEGs over RTP have no room for larger sides than 2040 pixels.
    await using large = await RtspServer.start({
      width: 2560,
      height: 1440,
      fps: 5,
      codec: "mjpeg",
    });
    expect(await problemOf(large.url)).toBe("no_frames");
    await using datagrams = await RtspServer.start({ transport: "udp" });
    expect(await problemOf(datagrams.url)).toBe("udp_only");
  },
});

Deno.test("LiveDecoder says of a single picture, and of what leads elsewhere, that it is no video", async () => {
  const head = (rest: string) => `HTTP/1.1 ${rest}\r\nContent-Length: 0\r\n\r\n`;
  await using picture = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response(DOG, { headers: { "content-type": "image/jpeg" } }),
  );
  expect(await problemOf(`http://127.0.0.1:${picture.addr.port}/snapshot.jpg`)).toBe("no_video");
  using elsewhere = answer(head("302 Found\r\nLocation: file:///etc/passwd"));
  expect(await problemOf(elsewhere.url("http"))).toBe("no_video");
  using moved = answer("RTSP/1.0 302 Moved\r\nCSeq: 1\r\nLocation: file:///etc/passwd\r\n\r\n");
  expect(await problemOf(moved.url("rtsp"))).toBe("no_video");
});

Deno.test({
  name: "LiveDecoder takes the cover of a song for no video",
  ignore: withoutFfmpeg,
  async fn() {
    await using directory = await temporaryDirectory();
    const [song, cover] = [`${directory.path}/song.m4a`, `${directory.path}/cover.jpg`];
    await Deno.writeFile(cover, DOG);
    const inputs = ["-i", cover, "-f", "lavfi", "-i", "sine", "-map", "1", "-map", "0"];
    await ffmpeg(...inputs, "-t", "1", "-c:v", "copy", "-disposition:v", "attached_pic", song);
    expect(await problemOf(`file://${song}`)).toBe("no_track");
  },
});

Deno.test({
  name: "LiveDecoder gives up a source of which only pictures that are too large are left",
  async fn() {
    // A picture that is small enough opens the source.
    await using camera = startMjpegCamera(DOG, 25, { then: enlarged(DOG) });
    const problem = problemOf(`http://127.0.0.1:${camera.addr.port}/video`, {
      maxPixels: 1_000_000,
      frameTimeoutMs: 30_000,
    });
    expect(await problem).toBe("no_frames");
  },
});

Deno.test("Damage ends a source that has given nothing else for 9 s", () => {
  let now = 0;
  const damage = new Damage(() => now);
  for (now = 0; now <= 8000; now += 1000) damage.bad();
  damage.good();
  for (now = 20_000; now <= 29_000; now += 1000) damage.bad();
  now = 29_001;
  expect(() => damage.bad()).toThrow(SourceError);
});

Deno.test({
  name: "runLive leaves out an image that cannot be converted, and ends when none can be",
  ignore: withoutFfmpeg,
  async fn() {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/card.mp4`;
    await makeTestCard(path, 50);
    const { apply } = FrameFilter.prototype;
    let conversions = 0;
    let fails = (count: number): boolean => count === 2;
    FrameFilter.prototype.apply = function (...args) {
      if (fails(++conversions)) throw new VideoDecodeError("It cannot be converted");
      return apply.apply(this, args);
    };
    let sent = 0;
    const hasEnded = Promise.withResolvers<void>();
    async function* commands(): AsyncGenerator<LiveCommand> {
      yield { type: "open", address: `file://${path}` };
      for (let wanted = 1; wanted <= 4; wanted++) {
        yield { type: "next" };
        await waitFor(() => sent === wanted);
      }
      fails = () => true;
      yield { type: "next" };
      await hasEnded.promise;
    }
    try {
      const request = { ...OPTIONS, maxPixels: 1e6, maxMemoryBytes: 1e9 };
      const running = runLive(request, {
        commands: commands(),
        write: ({ type }) => sent += type === "jpeg" ? 1 : 0,
        sayAlive: () => () => {},
      });
      await expect(running).rejects.toMatchObject({ problem: "no_frames" });
      expect(sent).toBe(4);
    } finally {
      hasEnded.resolve();
      FrameFilter.prototype.apply = apply;
    }
  },
});

/** The JPEG, whose header claims to be of 8000×4000 pixels. */
function enlarged(jpeg: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const copy = jpeg.slice();
  const sof = copy.findIndex((byte, index) => byte === 0xff && /c[02]/.test(hex(copy[index + 1])));
  new DataView(copy.buffer).setUint16(sof + 5, 4000);
  new DataView(copy.buffer).setUint16(sof + 7, 8000);
  return copy;
}

function hex(byte = 0): string {
  return byte.toString(16);
}

Deno.test("the decode process of a source that dawdles ends when the server has died", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const request = { ...OPTIONS, maxPixels: 1e6, maxMemoryBytes: 1e9 };
  const child = spawnDecodeProcess(defaultDecodeCommand(), JSON.stringify(request));
  const writer = child.stdin.getWriter();
  const open = { type: "open", address: `http://127.0.0.1:${port}/` };
  await writer.write(new TextEncoder().encode(`${JSON.stringify(open)}\n`));
  using connection = await listener.accept();
  let hasEnded = false;
  const ended = child.status.then(() => hasEnded = true);
  // It never stays silent for long enough to be given up.
  const dawdle = async () => {
    await connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\nX-Wait: "));
    for (;;) {
      await connection.write(new TextEncoder().encode("."));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  dawdle().catch(() => {});
  try {
    await writer.close();
    await waitFor(() => hasEnded, 30_000);
  } finally {
    if (!hasEnded) child.kill("SIGKILL");
    await ended;
    await child.stdout.cancel();
    listener.close();
  }
});
