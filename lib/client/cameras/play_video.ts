/** Plays the video that the server makes of a camera. */

/** Of HLS, as browsers know it. */
const HLS_TYPE = "application/vnd.apple.mpegurl";

/**
 * Plays an HLS video: by the browser itself where it can, else with a player that is loaded only then.
 *
 * @param url Of its playlist.
 * @param onFailure Called when it does not play, or plays no more.
 * @returns Ends it.
 */
export async function playVideo(
  video: HTMLVideoElement,
  url: string,
  onFailure: () => void,
): Promise<() => void> {
  if (video.canPlayType(HLS_TYPE) === "") {
    const { playHls } = await import("./play_hls.ts");
    return playHls(video, url, onFailure);
  }
  video.onerror = onFailure;
  video.src = url;
  return () => {
    video.onerror = null;
    video.removeAttribute("src");
    video.load();
  };
}
