/**
 * Takes one frame of a stream, as a viewer that comes for no more than that.
 *
 * @module
 */

import type { ViewerTransport } from "./audience.ts";

/**
 * The next frame of a stream that is answered with a result.
 *
 * @param join Lets a viewer in who wants frames, and returns what lets it go; `undefined` where there is no such stream
 * @param timeoutMs How long to wait for it
 * @returns One JPEG; `undefined` if none comes in time, or the stream ends
 */
export async function nextFrame(
  join: (viewer: ViewerTransport) => (() => void) | undefined,
  timeoutMs: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { promise, resolve } = Promise.withResolvers<Uint8Array<ArrayBuffer> | undefined>();
  const leave = join({
    bufferedAmount: 0,
    send: (data) => typeof data === "string" || resolve(data),
    close: () => resolve(undefined),
  });
  if (leave === undefined) return undefined;
  const timer = setTimeout(() => resolve(undefined), timeoutMs);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    leave();
  }
}
