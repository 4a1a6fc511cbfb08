/**
 * Live sources for tests: real servers on this machine.
 *
 * @module
 */

import { textLines } from "../../../bench/text_lines.ts";
import { isMissing } from "../../needs.ts";
import { ffmpeg, H264 } from "../media.ts";
import { temporaryDirectory } from "../temporary_directory.ts";

/** Whether tests with an RTSP server have to be skipped. */
export const withoutRtsp = isMissing("gstreamer");

/** What an RTSP server shows. */
export interface RtspOptions {
  /** @default {1280} */
  width?: number;
  /** @default {720} */
  height?: number;
  /** @default {30} */
  fps?: number;
  /** @default {"h264"} */
  codec?: "h264" | "h265" | "mjpeg";
  /** GStreamer's elements that make the picture; a moving test picture of that size and rate by default. */
  picture?: string;
  /** Who may see it; everybody by default. */
  login?: [user: string, password: string];
  /** @default {"any"} */
  transport?: "any" | "udp";
}

/** What a camera sends of its first JPEG before the other. */
const FIRST_JPEGS = 20;

const ENCODERS = {
  h264: "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! rtph264pay",
  h265: "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! rtph265pay",
  mjpeg: "jpegenc quality=85 ! rtpjpegpay",
};

/** A real RTSP server that shows a moving test picture. */
export class RtspServer implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #output: AsyncGenerator<string>;
  /** Its address, without user and password. */
  readonly url: string;

  private constructor(
    process: Deno.ChildProcess,
    output: AsyncGenerator<string>,
    port: string,
  ) {
    this.#process = process;
    this.#output = output;
    this.url = `rtsp://127.0.0.1:${port}/video`;
  }

  /** Starts one at a free port. */
  static async start(options: RtspOptions = {}): Promise<RtspServer> {
    const { width = 1280, height = 720, fps = 30, codec = "h264", login = [] } = options;
    const { transport = "any" } = options;
    const testPicture = "videotestsrc is-live=true pattern=ball motion=sweep ! " +
      `video/x-raw,format=I420,width=${width},height=${height},framerate=${fps}/1`;
    const pipeline = `( ${options.picture ?? testPicture} ! ` +
      `${ENCODERS[codec]} name=pay0 pt=${codec === "mjpeg" ? 26 : 96} )`;
    const script = `${import.meta.dirname}/rtsp_server.py`;
    const process = new Deno.Command("/usr/bin/python3", {
      args: [script, transport, pipeline, ...login],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const output = textLines(process.stdout);
    const port: string = (await output.next()).value ?? "";
    if (!/^\d+$/.test(port)) throw new Error("Cannot start an RTSP server");
    return new RtspServer(process, output, port);
  }

  /** Sends a signal to the server, such as SIGSTOP. */
  kill(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // A test has ended it already.
    }
    await this.#output.return(undefined);
    await this.#process.stdin.close().catch(() => {});
    await this.#process.status;
  }
}

/**
 * A camera that sends JPEGs one after another in one answer, at a path; another path is not found. With `then`, each answer goes on
 * with that one after 20.
 */
export function startMjpegCamera(
  first: Uint8Array<ArrayBuffer>,
  fps: number,
  { then = first, ...options }: {
    then?: Uint8Array<ArrayBuffer>;
    port?: number;
    signal?: AbortSignal;
  } = {},
): Deno.HttpServer<Deno.NetAddr> {
  const handler = (request: Request) => {
    if (new URL(request.url).pathname !== "/video") return new Response("", { status: 404 });
    let timer: ReturnType<typeof setInterval>;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start(controller) {
        let sent = 0;
        timer = setInterval(() => {
          if ((controller.desiredSize ?? 0) < -1) return;
          const jpeg = sent++ < FIRST_JPEGS ? first : then;
          const head =
            `--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`;
          controller.enqueue(new TextEncoder().encode(head));
          controller.enqueue(jpeg);
          controller.enqueue(new TextEncoder().encode("\r\n"));
        }, 1000 / fps);
      },
      cancel: () => clearInterval(timer),
    });
    const headers = { "content-type": "multipart/x-mixed-replace; boundary=frame" };
    return new Response(body, { headers });
  };
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {}, ...options }, handler);
}

/** Serves the files of a directory. */
export function serveDirectory(path: string): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    try {
      return new Response(await Deno.readFile(`${path}${new URL(request.url).pathname}`));
    } catch {
      return new Response("", { status: 404 });
    }
  });
}

/** A live stream as HLS, made by ffmpeg in segments of a second, for two minutes at most. */
export async function startHls(): Promise<AsyncDisposable & { url: string }> {
  const directory = await temporaryDirectory();
  const process = new Deno.Command("ffmpeg", {
    args: [
      ...["-v", "error", "-nostdin", "-re", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=25"],
      ...["-t", "120", ...H264, "-g", "25", "-f", "hls", "-hls_time", "1", "-hls_list_size", "4"],
      ...["-hls_flags", "delete_segments", `${directory.path}/live.m3u8`],
    ],
  }).spawn();
  const server = serveDirectory(directory.path);
  for (let tries = 0; tries < 200; tries++) {
    if (await Deno.stat(`${directory.path}/live2.ts`).catch(() => null)) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    url: `http://127.0.0.1:${server.addr.port}/live.m3u8`,
    async [Symbol.asyncDispose]() {
      process.kill("SIGKILL");
      await process.status;
      await server.shutdown();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Makes a video whose images tell their number: the grey in the middle is `frame % 200 + 28`. */
export async function makeCountingVideo(path: string, frames: number, fps: number): Promise<void> {
  const source = `nullsrc=s=320x240:r=${fps},geq=lum='mod(N,200)+28':cb=128:cr=128`;
  const input = ["-f", "lavfi", "-i", source, "-frames:v", `${frames}`];
  await ffmpeg(...input, ...H264, "-tune", "zerolatency", path);
}
