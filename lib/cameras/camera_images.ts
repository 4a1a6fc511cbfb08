/**
 * What a camera sees as JPEGs over plain HTTP: one, or one after the other.
 *
 * @module
 */

import type { Camera } from "./camera.ts";
import type { AnsweredFrame } from "./frame_relay.ts";

/** Stands between the parts of {@linkcode mjpegStream}. */
const BOUNDARY = "frame";

/** The media type of {@linkcode mjpegStream}. */
export const MJPEG_TYPE = `multipart/x-mixed-replace; boundary=${BOUNDARY}`;

/** How long a client waits for the first frame of a camera that was off, in milliseconds. */
const SNAPSHOT_MS = 12_000;
/** Without a new frame the last one is sent again after so many milliseconds, so that players see that the server is there. */
const REPEAT_MS = 5000;

/** How frames are wanted. */
export interface ImageOptions {
  /** Whether what was found is drawn in. */
  overlay: boolean;
}

/**
 * The newest frame of a camera, for which it is started if it is off.
 *
 * @returns `undefined` if it gives none: it has failed, is kept off, or takes too long
 */
export async function takeSnapshot(
  camera: Camera,
  { overlay }: ImageOptions,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const leave = camera.join();
  try {
    const hasFailed = () => camera.stateMessage.state === "failed" || !camera.isOn;
    const isFresh = camera.stateMessage.state === "active" && camera.frames.newest !== undefined;
    const frame = isFresh
      ? camera.frames.newest
      : await camera.frames.next(camera.frames.newest, SNAPSHOT_MS, hasFailed);
    return frame && await imageOf(frame, overlay);
  } finally {
    leave();
  }
}

/**
 * The frames of a camera as they come, in the form that browsers and players show as a video.
 *
 * A client that takes them slowly gets fewer; nothing waits for it. It counts as a client of the camera until it has gone.
 */
export function mjpegStream(
  camera: Camera,
  { overlay }: ImageOptions,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const leave = camera.join();
  let last: AnsweredFrame | undefined;
  let hasEnded = false;
  return new ReadableStream({
    async pull(controller) {
      const next = await camera.frames.next(last, REPEAT_MS, () => hasEnded);
      if (hasEnded) return;
      if (camera.frames.isClosed) {
        leave();
        controller.close();
        return;
      }
      last = next ?? last;
      // Before the first frame, the empty line that may stand before a boundary.
      const part = last && partOf(await imageOf(last, overlay));
      if (!hasEnded) controller.enqueue(part ?? new TextEncoder().encode("\r\n"));
    },
    cancel() {
      hasEnded = true;
      leave();
      camera.frames.wake();
    },
  }, { highWaterMark: 0 });
}

function imageOf(
  frame: AnsweredFrame,
  overlay: boolean,
): Promise<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer> {
  return overlay ? frame.drawn() : frame.jpeg;
}

function partOf(jpeg: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const head = new TextEncoder().encode(
    `--${BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`,
  );
  const part = new Uint8Array(head.length + jpeg.length + 2);
  part.set(head);
  part.set(jpeg, head.length);
  part.set([13, 10], head.length + jpeg.length);
  return part;
}
