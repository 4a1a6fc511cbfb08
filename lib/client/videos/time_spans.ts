/** A part of the video in which something was seen all the time, in seconds. */
export interface TimeSpan {
  /** Time of the first frame with it. */
  start: number;
  /** Time at which the last frame with it ends. */
  end: number;
}

/** A gap of so many frames is no gap: objects flicker. */
export const BRIDGED_FRAMES = 8;

/** Notes when something is seen. */
export class Sightings {
  /** When it was seen, in the order of time. */
  readonly spans: TimeSpan[] = [];
  /** Number of frames with it. */
  frames = 0;
  /** Index of the first result with it; infinite before it is seen. */
  first = Infinity;
  /** Index of the last result with it; infinite before it is seen. */
  last = -Infinity;

  /**
   * Takes in that it is in a frame; call it in the order of the frames, any number of times for each.
   *
   * @param index Of the result.
   * @param span From this frame to the next.
   */
  see(index: number, { start, end }: TimeSpan): void {
    if (index === this.last) return;
    const span = this.spans.at(-1);
    if (span !== undefined && index - this.last <= BRIDGED_FRAMES) span.end = end;
    else this.spans.push({ start, end });
    this.frames += 1;
    this.first = Math.min(this.first, index);
    this.last = index;
  }
}
