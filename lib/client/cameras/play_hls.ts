/** Plays HLS; loaded only when somebody wants to see a video. */

// @ts-types="hls.js"
import Hls from "hls.js/light";

/**
 * Plays an HLS video.
 *
 * @param url Of its playlist.
 * @param onFailure Called when it does not play, or plays no more.
 * @returns Ends it.
 */
export function playHls(video: HTMLVideoElement, url: string, onFailure: () => void): () => void {
  // The page's policy allows scripts of this server only, and a worker would be one of the player's own making.
  const player = new Hls({ enableWorker: false });
  player.on(Hls.Events.ERROR, (_event, { fatal }) => {
    if (fatal) onFailure();
  });
  player.loadSource(url);
  player.attachMedia(video);
  return () => player.destroy();
}
