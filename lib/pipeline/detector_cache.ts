import type { Device } from "../config.ts";
import { Detector } from "../detection/detector.ts";
import { fitLetterbox, LETTERBOX_GREY } from "../image/letterbox.ts";
import type { Size } from "../image/size.ts";
import { loadDetector, type PreparedDetector } from "../models/specialized_model.ts";

/**
 * Detectors that a worker keeps: for the shapes of frames, the steps of quality and the numbers of threads that are in use at a
 * time, and no more, since each takes some ten megabytes.
 */
export const MOST_DETECTORS = 8;

/** What a frame is to be looked at with. */
export interface DetectorNeeds {
  /** The model. */
  prepared: PreparedDetector;
  /** Size of the input, in pixels, where the model has none of its own. */
  input: Size;
  /** Threads of an inference. */
  threads: number;
  /** What runs it. */
  device: Device;
  /** Overlap above which the weaker of two boxes of one class is dropped, between 0 and 1. */
  iou: number;
}

/** Detectors that are loaded when they are first asked for, of which the few that were used last are kept. */
export class DetectorCache {
  readonly #detectors = new Map<string, Detector>();

  /**
   * The detector that is asked for; one that is not there takes about a tenth of a second.
   *
   * One caller at a time: a detector that somebody still uses might be freed.
   *
   * @throws {ModelError} If the model is gone, is another by now, or cannot be used
   */
  async get(needs: DetectorNeeds): Promise<Detector> {
    const { prepared: { precision }, input: { width, height }, threads } = needs;
    const key = `${precision} ${width}x${height} on ${threads}`;
    const detector = this.#detectors.get(key) ?? await load(needs);
    // Now it is the one that was used last.
    this.#detectors.delete(key);
    this.#detectors.set(key, detector);
    const [[oldestKey, oldest] = []] = this.#detectors;
    if (this.#detectors.size > MOST_DETECTORS && oldestKey !== undefined) {
      this.#detectors.delete(oldestKey);
      await oldest?.release();
    }
    return detector;
  }

  /** Frees all of them. */
  async release(): Promise<void> {
    for (const detector of this.#detectors.values()) await detector.release();
    this.#detectors.clear();
  }
}

async function load({ prepared, input, ...options }: DetectorNeeds): Promise<Detector> {
  const { confidence } = prepared;
  const graph = await loadDetector(prepared, input);
  const detector = await Detector.create({ ...graph, ...options, confidence });
  // The first inference allocates, and takes several times as long as the next.
  detector.pixels.fill(LETTERBOX_GREY);
  await detector.detect(fitLetterbox(detector.input, detector.input));
  return detector;
}
