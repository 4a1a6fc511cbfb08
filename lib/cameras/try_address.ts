/**
 * Tries an address before a camera is made of it.
 *
 * @module
 */

import type { CameraTested } from "../protocol/camera_definition.ts";
import { type OpenSource, toFailure } from "./camera_source.ts";
import { hideSecrets } from "./camera_url.ts";

/** How long it may take until the first frame is there, in milliseconds. */
const TRIAL_MS = 10_000;
/** The preview fits within this. */
const PREVIEW = { width: 640, height: 640 };

/** Opens an address, takes one frame, and closes it again. */
export async function tryAddress(
  url: string,
  { openSource, isSourceFailure }: {
    openSource: OpenSource;
    isSourceFailure(error: unknown): boolean;
  },
): Promise<CameraTested> {
  const signal = AbortSignal.timeout(TRIAL_MS);
  try {
    await using source = await openSource(url, { fps: 10, frameSize: PREVIEW, signal });
    for await (const { jpeg } of source.frames()) {
      const { width, height, fps, codec } = source.info;
      return { ok: true, width, height, fps, codec, jpeg: jpeg.toBase64() };
    }
    return { ok: false, error: "ended", detail: "The source ended before its first frame" };
  } catch (error) {
    if (signal.aborted) {
      const detail = `The source gave no frame within ${TRIAL_MS / 1000} seconds`;
      return { ok: false, error: "timed_out", detail };
    }
    const { code, detail } = toFailure(error, isSourceFailure);
    return { ok: false, error: code, detail: hideSecrets(detail, url) };
  }
}
