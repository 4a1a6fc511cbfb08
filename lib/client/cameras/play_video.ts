/** Plays the video that the server makes of a camera. */

/**
 * Plays an HLS video with a player that is loaded only then, or by the browser itself where no player can work.
 *
 * Some browsers say that they play HLS, and then refuse segments that every player takes.
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
  if ("MediaSource" in globalThis || "ManagedMediaSource" in globalThis) {
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
