/** Plays HLS in browsers that cannot by themselves; loaded only when somebody wants to see a video. */

// @ts-types="hls.js"
import Hls from "hls.js/light";
import { withToken } from "../with_token.ts";

/** The server begins to make the video when it is asked for, which takes a few seconds. */
const FIRST_PLAYLIST = { maxNumRetry: 12, retryDelayMs: 1000, maxRetryDelayMs: 2000 };

/**
 * Plays an HLS video.
 *
 * @param url Of its playlist; its token, when it has one, goes with every other request too.
 * @param onFailure Called when it does not play, or plays no more.
 * @returns Ends it.
 */
export function playHls(video: HTMLVideoElement, url: string, onFailure: () => void): () => void {
  const { manifestLoadPolicy: { default: policy } } = Hls.DefaultConfig;
  const player = new Hls({
    // The page's policy allows scripts of this server only, and the player would make one of its own.
    enableWorker: false,
    manifestLoadPolicy: { default: { ...policy, errorRetry: FIRST_PLAYLIST } },
    xhrSetup: (request, address) => request.open("GET", withToken(new URL(address, url), url).href),
  });
  player.on(Hls.Events.ERROR, (_event, { fatal }) => {
    if (!fatal) return;
    player.destroy();
    onFailure();
  });
  player.loadSource(url);
  player.attachMedia(video);
  return () => player.destroy();
}
