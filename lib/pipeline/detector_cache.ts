import type { Device } from "../config.ts";
import { Detector } from "../detection/detector.ts";
import type { Size } from "../image/size.ts";
import { loadDetector, type PreparedDetector } from "../models/specialized_model.ts";

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

/** What the detectors of a worker may take unless something else is set: room for a dozen small ones, in bytes. */
const WORKER_MEMORY_BYTES = 512e6;

/** A detector, and about what it takes. */
interface Kept {
  detector: Detector;
  /** By how much the process has grown for it, and no less than its graph, in bytes. */
  bytes: number;
}

/**
 * Detectors that are loaded when they are first asked for: for the models, the shapes of frames, the steps of quality and the
 * numbers of threads that are in use at a time. Those that were used last are kept, as many as there is memory for.
 */
export class DetectorCache {
  readonly #kept = new Map<string, Kept>();
  readonly #memoryBytes: number;

  /**
   * Begins empty.
   *
   * @param memoryBytes What the detectors may take; the one in use is kept in any case
   */
  constructor(memoryBytes: number = WORKER_MEMORY_BYTES) {
    this.#memoryBytes = memoryBytes;
  }

  /** About what the detectors that are kept take, in bytes. */
  get bytes(): number {
    return this.#kept.values().reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /**
   * The detector that is asked for; one that is not there takes about a tenth of a second.
   *
   * One caller at a time: a detector that somebody still uses might be freed.
   *
   * @throws {ModelError} If the model is gone, is another by now, or cannot be used
   */
  async get(needs: DetectorNeeds): Promise<Detector> {
    const { prepared: { source, hash, precision }, input: { width, height }, threads } = needs;
    const key = JSON.stringify([source, hash, precision, width, height, threads]);
    const found = this.#kept.get(key) ?? await load(needs);
    // Now it is the one that was used last.
    this.#kept.delete(key);
    this.#kept.set(key, found);
    await this.#makeRoom();
    return found.detector;
  }

  /** Frees all of them. */
  async release(): Promise<void> {
    for (const { detector } of this.#kept.values()) await detector.release();
    this.#kept.clear();
  }

  async #makeRoom(): Promise<void> {
    for (const [key, { detector }] of this.#kept) {
      if (this.#kept.size === 1 || this.bytes <= this.#memoryBytes) return;
      this.#kept.delete(key);
      await detector.release();
    }
  }
}

async function load({ prepared, input, ...options }: DetectorNeeds): Promise<Kept> {
  const { confidence } = prepared;
  const graph = await loadDetector(prepared, input);
  const before = Deno.memoryUsage().rss;
  const detector = await Detector.create({ ...graph, ...options, confidence });
  await detector.warmUp();
  // Memory that was freed before is used again, so that it may not grow at all.
  const bytes = Math.max(graph.model.length, Deno.memoryUsage().rss - before);
  return { detector, bytes };
}
