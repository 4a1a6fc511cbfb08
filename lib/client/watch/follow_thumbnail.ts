/** Keeps the small image of a stream up to date. */

/** Time between two images, in milliseconds. */
const REFRESH_MS = 4000;

/** What a thumbnail is made of. */
export interface ThumbnailSource {
  /** The index of the stream's newest frame, as far as the page knows. */
  frameIndex: () => number;
  /** Asks the server for an image; `null` where it has none. */
  load: () => Promise<Blob | null>;
  /** Shows an image in place of the one before. */
  show: (image: Blob) => void;
}

/**
 * Asks for an image now, and every few seconds. Nothing is asked of a stream that has no newer frame, for which the server would
 * have to wait.
 *
 * @returns Ends it.
 */
export function followThumbnail({ frameIndex, load, show }: ThumbnailSource): () => void {
  let shown = 0;
  let isLoading = false;
  let hasEnded = false;
  const refresh = async () => {
    const index = frameIndex();
    if (isLoading || index <= shown) return;
    isLoading = true;
    // Where it fails, the image before stays.
    const image = await load().catch(() => null);
    isLoading = false;
    if (hasEnded || image === null) return;
    shown = index;
    show(image);
  };
  const timer = setInterval(refresh, REFRESH_MS);
  refresh();
  return () => {
    hasEnded = true;
    clearInterval(timer);
  };
}
