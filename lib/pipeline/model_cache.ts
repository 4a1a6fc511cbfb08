import type { Device } from "../config.ts";
import { Classifier } from "../detection/classifier.ts";
import { Detector } from "../detection/detector.ts";
import type { Size } from "../image/size.ts";
import { loadClassifier } from "../models/classifier_model.ts";
import { loadDetector, type PreparedDetector } from "../models/specialized_model.ts";

/** What a model runs on. */
export interface ModelNeeds {
  /** Threads of an inference. */
  threads: number;
  /** What runs it. */
  device: Device;
}

/** What a frame is to be looked at with. */
export interface DetectorNeeds extends ModelNeeds {
  /** The model. */
  prepared: PreparedDetector;
  /** Size of the input, in pixels, where the model has none of its own. */
  input: Size;
  /** Overlap above which the weaker of two boxes of one class is dropped, between 0 and 1. */
  iou: number;
}

/** What the models of a worker may take unless something else is set: room for a dozen small ones, in bytes. */
const WORKER_MEMORY_BYTES = 512e6;

type Model = Detector | Classifier;

/** A model, and about what it takes. */
interface Kept {
  model: Model;
  /** By how much the process has grown for it, and no less than its graph, in bytes. */
  bytes: number;
}

/**
 * Detectors and classifiers that are loaded when they are first asked for: for the models, the shapes of frames, the steps of
 * quality and the numbers of threads that are in use at a time. Those that were used last are kept, as many as there is memory for.
 *
 * One caller at a time: a model that somebody still uses might be freed.
 */
export class ModelCache {
  readonly #kept = new Map<string, Kept>();
  readonly #memoryBytes: number;

  /**
   * Begins empty.
   *
   * @param memoryBytes What the models may take; the one in use is kept in any case
   */
  constructor(memoryBytes: number = WORKER_MEMORY_BYTES) {
    this.#memoryBytes = memoryBytes;
  }

  /** About what the models that are kept take, in bytes. */
  get bytes(): number {
    return this.#kept.values().reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /**
   * The detector that is asked for; one that is not there takes about a tenth of a second.
   *
   * @throws {ModelError} If the model is gone, is another by now, or cannot be used
   */
  async detector(needs: DetectorNeeds): Promise<Detector> {
    const { prepared, input, ...options } = needs;
    const { source, hash, precision, confidence } = prepared;
    const { width, height } = input;
    const key = JSON.stringify([source, hash, precision, width, height, options.threads]);
    return await this.#get(key, async () => {
      const graph = await loadDetector(prepared, input);
      return {
        graphBytes: graph.model.length,
        start: () => Detector.create({ ...graph, ...options, confidence }),
      };
    });
  }

  /**
   * The classifier that is asked for.
   *
   * @param source The model's file
   * @throws {ModelError} If the model is gone, or cannot be used
   */
  async classifier(source: string, { threads, device }: ModelNeeds): Promise<Classifier> {
    return await this.#get(JSON.stringify([source, threads]), async () => {
      const graph = await loadClassifier(source);
      return {
        graphBytes: graph.model.length,
        start: () => Classifier.create({ ...graph, threads, device }),
      };
    });
  }

  /** Frees all of them. */
  async release(): Promise<void> {
    for (const { model } of this.#kept.values()) await model.release();
    this.#kept.clear();
  }

  async #get<Kind extends Model>(key: string, load: () => Promise<Loading<Kind>>): Promise<Kind> {
    const found = this.#kept.get(key) ?? await measure(await load());
    // Now it is the one that was used last.
    this.#kept.delete(key);
    this.#kept.set(key, found);
    await this.#makeRoom();
    // Keys of detectors and classifiers differ.
    return found.model as Kind;
  }

  async #makeRoom(): Promise<void> {
    for (const [key, { model }] of this.#kept) {
      if (this.#kept.size === 1 || this.bytes <= this.#memoryBytes) return;
      this.#kept.delete(key);
      await model.release();
    }
  }
}

/** A graph that is about to be loaded. */
interface Loading<Kind extends Model> {
  /** Size of the graph. */
  graphBytes: number;
  start(): Promise<Kind>;
}

async function measure({ graphBytes, start }: Loading<Model>): Promise<Kept> {
  const before = Deno.memoryUsage().rss;
  const model = await start();
  await model.warmUp();
  // Memory that was freed before is used again, so that it may not grow at all.
  return { model, bytes: Math.max(graphBytes, Deno.memoryUsage().rss - before) };
}
