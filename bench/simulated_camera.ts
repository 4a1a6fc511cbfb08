/** Cameras for measurements: real servers on this machine, in whose pictures it stands which one it is. */

import sharp from "sharp";
import { RtspServer } from "../tests/video/live/sources.ts";

/** Frames a second that a camera sends. */
const CAMERA_SOURCE_FPS = 25;

/** Pictures are counted modulo two to the power of this. */
const BITS = 9;
/** A digit is a square, black or white, of so many of them beside each other in a row. */
const DIGITS_IN_A_ROW = 16;
/** Pixels of a digit where the number is read. */
const READ_PIXELS = 4;

/** A camera, which begins to send when it is asked, as it does whenever it is asked again. */
export interface SimulatedCamera extends AsyncDisposable {
  /** Where it is. */
  url: string;
  /** When it last sent a picture of this number, in monotonic milliseconds; `undefined` before. */
  sentAt(number: number): number | undefined;
}

/** Draws all pictures, as JPEGs: a photograph with the number of each in its upper left corner. */
export async function drawNumberedPictures(
  width: number,
  height: number,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const photograph = new URL("../tests/fixtures/dog.jpg", import.meta.url).pathname;
  const raw = { width, height, channels: 3 as const };
  const pixels = await sharp(photograph).resize(width, height, { fit: "fill" }).raw().toBuffer();
  const side = width / DIGITS_IN_A_ROW;
  const pictures = [];
  for (let number = 0; number < 2 ** BITS; number += 1) {
    for (let y = 0; y < side; y += 1) {
      for (let bit = 0; bit < BITS; bit += 1) {
        const start = (y * width + bit * side) * 3;
        pixels.fill((number >> bit) % 2 === 1 ? 255 : 0, start, start + side * 3);
      }
    }
    pictures.push(
      new Uint8Array(await sharp(pixels, { raw }).jpeg({ quality: 80 }).toBuffer()),
    );
  }
  return pictures;
}

/** Reads the number of a picture, whatever its size. */
export async function readPictureNumber(jpeg: Uint8Array, shape: number): Promise<number> {
  const width = DIGITS_IN_A_ROW * READ_PIXELS;
  const pixels = await sharp(jpeg).resize(width, Math.round(width / shape), { fit: "fill" })
    .greyscale().raw().toBuffer();
  let number = 0;
  for (let bit = 0; bit < BITS; bit += 1) {
    const middle = READ_PIXELS / 2;
    if ((pixels[middle * width + bit * READ_PIXELS + middle] ?? 0) > 127) number += 2 ** bit;
  }
  return number;
}

/** Starts a camera that sends the pictures as MJPEG over HTTP. */
export function startMjpegCamera(
  pictures: readonly Uint8Array<ArrayBuffer>[],
): SimulatedCamera {
  const times: number[] = [];
  const send = (controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>) => {
    const startedAt = performance.now();
    let sent = 0;
    // Timers run late; what is due by then is sent, so the rate holds.
    return setInterval(() => {
      const due = Math.floor((performance.now() - startedAt) * CAMERA_SOURCE_FPS / 1000);
      if (due <= sent) return;
      sent = due;
      // Like a real one, it does not wait for a client that is behind.
      if ((controller.desiredSize ?? 0) < -2) return;
      const number = sent % pictures.length;
      const picture = pictures[number];
      if (picture === undefined) return;
      times[number] = performance.now();
      controller.enqueue(wrap(picture));
    }, 250 / CAMERA_SOURCE_FPS);
  };
  const end = new AbortController();
  const where = { hostname: "127.0.0.1", port: 0, signal: end.signal, onListen() {} };
  const server = Deno.serve(where, () => {
    let timer: ReturnType<typeof setInterval>;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => void (timer = send(controller)),
      cancel: () => clearInterval(timer),
    });
    const headers = { "content-type": "multipart/x-mixed-replace; boundary=frame" };
    return new Response(body, { headers });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/video.mjpeg`,
    sentAt: (number) => times[number],
    async [Symbol.asyncDispose]() {
      // Its answers have no end to wait for.
      end.abort();
      await server.finished;
    },
  };
}

/** A picture as a part of the answer. */
function wrap(picture: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const type = "Content-Type: image/jpeg";
  const head = `--frame\r\n${type}\r\nContent-Length: ${picture.length}\r\n\r\n`;
  const encoder = new TextEncoder();
  const parts = [encoder.encode(head), picture, encoder.encode("\r\n")];
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Starts a camera that sends the pictures as H.264 over RTSP, by GStreamer, which takes them from one that sends MJPEG. */
export async function startRtspCamera(
  pictures: readonly Uint8Array<ArrayBuffer>[],
): Promise<SimulatedCamera> {
  const { url, sentAt, [Symbol.asyncDispose]: stop } = startMjpegCamera(pictures);
  const server = await RtspServer.start({
    picture: `souphttpsrc location=${url} is-live=true do-timestamp=true ! multipartdemux ! ` +
      `image/jpeg,framerate=${CAMERA_SOURCE_FPS}/1 ! jpegdec ! videoconvert ! video/x-raw,format=I420`,
  });
  return {
    url: server.url,
    sentAt,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await stop();
    },
  };
}
