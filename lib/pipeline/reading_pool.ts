/**
 * The worker that reads text.
 *
 * @module
 */

import { imageTaskRules } from "./image_task_rules.ts";
import type { TextModelName, TextPrecision } from "../config.ts";
import { ModelError } from "../onnx/errors.ts";
import type { PipelineDefinition } from "../protocol/pipeline.ts";
import type { ReaderSetup, ReadTask, SegmentOutcome } from "./worker_tasks.ts";
import {
  type PoolLoad,
  type PoolResult,
  type Turn,
  WorkerPool,
  type WorkerRestart,
} from "../workers/worker_pool.ts";

/** Options for {@linkcode ReadingPool}. */
export interface ReadingPoolOptions {
  /** Every pipeline that a task may name. */
  pipelines: PipelineDefinition[];
  /** Folder of the model files. */
  modelDir: string;
  /** The text model, whose files are there. */
  model: TextModelName;
  /** What it computes with. */
  precision: TextPrecision;
  /** Most pixels that an image may have. */
  maxPixels: number;
  /** Milliseconds for one image, after which its worker is replaced; 10000 by default. */
  frameTimeoutMs?: number;
  /** Called when the worker is replaced. */
  onRestart?: (restart: WorkerRestart) => void;
}

/**
 * Reads text in one worker that has all cores and a low priority, so it takes what detection leaves of them.
 *
 * Streams go before images and those before videos, as in detection.
 */
export class ReadingPool {
  readonly #options: ReadingPoolOptions;
  readonly #pool: WorkerPool<ReaderSetup, ReadTask, SegmentOutcome>;

  /** Begins with a worker that has no models yet; `start` loads them. */
  constructor(options: ReadingPoolOptions) {
    this.#options = options;
    const { pipelines, maxPixels, modelDir, model, precision, ...rest } = options;
    this.#pool = new WorkerPool({
      ...rest,
      workers: 1,
      rules: imageTaskRules(),
      workerUrl: new URL("./reader_worker.ts", import.meta.url).href,
      setup: {
        pipelines,
        modelDir,
        model,
        precision,
        maxPixels,
        threads: navigator.hardwareConcurrency,
      },
    });
  }

  /**
   * Loads the models.
   *
   * @throws {ModelError} If one of them cannot be used
   */
  async start(): Promise<void> {
    try {
      await this.#pool.start();
    } catch (cause) {
      const message = `Cannot use the models for text in ${this.#options.modelDir}: ` +
        'onnxruntime cannot load them; delete them, and run "deno task models" to fetch them anew';
      throw new ModelError(message, { cause });
    }
  }

  /** How much its worker has to do. */
  get load(): PoolLoad {
    return this.#pool.load;
  }

  /** Runs a task when it is its turn; see {@linkcode WorkerPool.run}. */
  run(task: ReadTask, turn: Turn): Promise<PoolResult<SegmentOutcome>> {
    return this.#pool.run(task, turn);
  }

  /** Ends the worker; what is being read fails. */
  stop(): void {
    this.#pool.stop();
  }
}
