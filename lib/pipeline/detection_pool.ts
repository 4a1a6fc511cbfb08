/**
 * The workers that find objects, as many as suit the machine.
 *
 * @module
 */

import type { Device } from "../config.ts";
import { dirname } from "node:path";
import type { ClassifierLayout } from "../detection/classifier_graph.ts";
import { removeUnused } from "../models/prepared_graphs.ts";
import {
  possiblePrecisions,
  type Precision,
  type PreparedDetector,
} from "../models/specialized_model.ts";
import type { PipelineDefinition } from "../protocol/pipeline.ts";
import {
  NO_WORKERS,
  type PoolLoad,
  type PoolResult,
  type Turn,
  WorkerPool,
  type WorkerRestart,
  type WorkerStatus,
} from "../workers/worker_pool.ts";
import {
  candidatePlans,
  measurePlan,
  measurePrecision,
  planFor,
  type PlanMeasurement,
  type TrialFrame,
  type WorkerPlan,
  worthwhilePlans,
} from "./autotune.ts";
import { imageTaskRules } from "./image_task_rules.ts";
import { type AutotuneAnswer, autotuneKey, keepAnswer, readAnswer } from "./kept_autotune.ts";
import { planPipeline } from "./pipeline_plan.ts";
import { PoolModels, type PoolModelsOptions } from "./pool_models.ts";
import { modelOf } from "./steps.ts";
import type { DetectTask, SegmentOutcome, WorkerSetup } from "./worker_tasks.ts";

/** Options for {@linkcode DetectionPool}. */
export interface DetectionPoolOptions extends PoolModelsOptions {
  /** Every pipeline that a task may name. */
  pipelines: PipelineDefinition[];
  /** Memory for the detectors that all workers keep, in bytes; by default so much for each worker that it seldom matters. */
  memoryBytes: number | undefined;
  /** Whether a frame gets an input of its shape, of as many pixels. */
  fitsFrames: boolean;
  /** Overlap above which the weaker of two boxes of one class is dropped, between 0 and 1. */
  iou: number;
  /** What runs the detector. */
  device: Device;
  /** Values that are fixed rather than chosen; without workers, the models are only looked into. */
  fixedPlan: Partial<WorkerPlan>;
  /** Most pixels that an image may have. */
  maxPixels: number;
  /** Milliseconds for one image, after which its worker is replaced; 10000 by default. */
  frameTimeoutMs?: number;
  /** Called for each worker that is replaced. */
  onRestart?: (restart: WorkerRestart) => void;
  /** The image that plans are tried on. */
  canary: URL;
}

type Pool = WorkerPool<WorkerSetup, DetectTask, SegmentOutcome>;

/** Without a frame for so long, in milliseconds, cores fall asleep. */
const PAUSE_MS = 10;

/**
 * Starts the pool that serves the machine best, and passes tasks on to it.
 *
 * A single frame is fastest on many threads, while many frames have the highest throughput on one thread each. So each frame
 * runs on as many threads as the frames beside it leave free.
 */
export class DetectionPool {
  readonly #options: DetectionPoolOptions;
  #pool: Pool | undefined;
  #plans: (WorkerPlan | PlanMeasurement)[] = [];
  #detector: PreparedDetector | undefined;
  readonly #models: PoolModels;
  #lastFrameMs = -Infinity;
  #isReady = false;
  #isStopped = false;

  /** Begins without workers; `start` brings them. */
  constructor(options: DetectionPoolOptions) {
    this.#options = options;
    this.#models = new PoolModels(options);
  }

  /**
   * How inference is spread over the cores, beginning with the plan for the fewest frames at once, with the measurements that
   * were made of it; empty before the start.
   */
  get plans(): readonly (WorkerPlan | PlanMeasurement)[] {
    return this.#plans;
  }

  /**
   * A detector that has been looked into; `undefined` before the start.
   *
   * @param model What a node names; the detector of all by default
   */
  detectorOf(model?: string): PreparedDetector | undefined {
    return model === undefined ? this.#detector : this.#models.detectors.get(model);
  }

  /**
   * How a classifier that has been looked into is read; `undefined` before the start.
   *
   * @param model What a node names; the classifier of all by default
   */
  classifierOf(model?: string): ClassifierLayout | undefined {
    return this.#models.classifiers.get(model);
  }

  /** What the model of all nodes computes with; `undefined` before the start. */
  get precision(): Precision | undefined {
    return this.#detector?.precision ??
      (this.#models.classifiers.has(undefined) ? "fp32" : undefined);
  }

  /** Number of tasks that wait for a worker. */
  get waiting(): number {
    return this.#readyPool?.waiting ?? 0;
  }

  /** How much the workers have to do; none before the start. */
  get load(): PoolLoad {
    return this.#readyPool?.load ?? NO_WORKERS;
  }

  /** SHA-256 of each model, by what nodes call it, once it has been looked into. */
  modelHashes(): Promise<Record<string, string>> {
    return this.#models.hashes(this.#detector);
  }

  /** The state of each worker; empty before the start. */
  workers(): WorkerStatus[] {
    return this.#readyPool?.workers() ?? [];
  }

  /**
   * Loads the model and starts the workers.
   *
   * @throws {ModelError} If the model file is not there, or cannot be used
   * @throws {WorkerLostError} If a worker cannot start with it
   */
  async start(): Promise<void> {
    const { modelPath, fixedPlan } = this.#options;
    if (fixedPlan.workers === 0) return await this.#lookIntoModels();
    this.#plans = candidatePlans(navigator.hardwareConcurrency, fixedPlan);
    await removeUnused(dirname(modelPath));
    await this.#models.tryClassifierOfAll();
    const detector = await this.#tune();
    await this.#models.prepareOthers(detector?.precision ?? "fp32");
    await this.#startPool(detector === undefined ? [] : [detector]);
    this.#isReady = true;
  }

  /** Enough to describe pipelines and their results, where others compute. */
  async #lookIntoModels(): Promise<void> {
    const { modelPath, role, precision } = this.#options;
    await this.#models.tryClassifierOfAll();
    const choice = role === "classifier" ? "fp32" : precision;
    const { precisions: [first] } = await possiblePrecisions(modelPath, choice);
    this.#detector = await this.#models.prepareOfAll(first);
    await this.#models.prepareOthers(first);
  }

  /** Runs a task when it is its turn; see {@linkcode WorkerPool.run}. */
  run(task: DetectTask, turn: Turn): Promise<PoolResult<SegmentOutcome>> {
    const pool = this.#readyPool;
    if (pool === undefined) return Promise.reject(new Error("The workers are not running"));
    return pool.run(task, turn).finally(() => this.#lastFrameMs = performance.now());
  }

  /** Ends all workers; tasks that are not finished fail. */
  stop(): void {
    this.#isStopped = true;
    this.#pool?.stop();
    this.#models[Symbol.dispose]();
  }

  /** The pool, unless plans are still being tried on it. */
  get #readyPool(): Pool | undefined {
    return this.#isReady ? this.#pool : undefined;
  }

  /**
   * Chooses the precision and the plans, by what is measured now or was at an earlier start; gives the detector to be used, where
   * that of all is one.
   */
  async #tune(): Promise<PreparedDetector | undefined> {
    const { modelPath, role, pipelines, fixedPlan, inputSize, device } = this.#options;
    const choice = role === "classifier" ? "fp32" : this.#options.precision;
    const { hash, precisions } = await possiblePrecisions(modelPath, choice);
    const [first] = precisions;
    const frame = firstLook(pipelines);
    if (frame === undefined || this.#plans.length === 1 && precisions.length === 1) {
      return await this.#models.prepareOfAll(first);
    }
    const key = await autotuneKey({ hash, precisions, fixedPlan, inputSize, device });
    const kept = await readAnswer(modelPath, key);
    if (kept !== undefined) {
      this.#plans = kept.plans;
      return await this.#models.prepareOfAll(kept.precision);
    }
    const prepared = await Promise.all(precisions.map((each) => this.#models.prepareOfAll(each)));
    const detectors = prepared.filter((each) => each !== undefined);
    const image = await Deno.readFile(this.#options.canary);
    const pool = await this.#startPool(detectors);
    const answer = await measure(pool, this.#plans, precisions, { ...frame, image });
    pool.close();
    await keepAnswer(modelPath, key, answer);
    this.#plans = answer.plans;
    return detectors.find(({ precision }) => precision === answer.precision) ?? detectors[0];
  }

  async #startPool(detectors: WorkerSetup["detectors"]): Promise<Pool> {
    const { pipelines, device, iou, maxPixels, inputSize, fitsFrames } = this.#options;
    const { memoryBytes, frameTimeoutMs, onRestart } = this.#options;
    if (this.#isStopped) throw new Error("The workers were stopped while they started");
    const workers = Math.max(...this.#plans.map(({ workers }) => workers));
    const pool: Pool = new WorkerPool({
      workers,
      rules: imageTaskRules(),
      workerUrl: new URL("./detection_worker.ts", import.meta.url).href,
      prepare: (task, underWay) => ({ threads: this.#threadsFor(underWay), ...task }),
      ...(frameTimeoutMs !== undefined && { frameTimeoutMs }),
      ...(onRestart !== undefined && { onRestart }),
      setup: {
        pipelines,
        detectors,
        models: this.#models.detectors,
        classifiers: this.#models.classifierFiles,
        memoryBytes: memoryBytes === undefined ? undefined : memoryBytes / workers,
        inputSize,
        fitsFrames,
        threads: planFor(this.#plans, Infinity).threads,
        device,
        iou,
        maxPixels,
      },
    });
    this.#pool = pool;
    this.#detector = detectors[0];
    await pool.start();
    return pool;
  }

  #threadsFor(frames: number): number {
    const afterPause = performance.now() - this.#lastFrameMs > PAUSE_MS;
    return planFor(this.#plans, frames, afterPause).threads;
  }
}

/** Tries each precision, then each plan. */
async function measure(
  pool: Pool,
  candidates: readonly WorkerPlan[],
  [first, ...others]: readonly [Precision, ...Precision[]],
  frame: TrialFrame,
): Promise<AutotuneAnswer> {
  const precision = others.length > 0 ? await measurePrecision(pool, frame) : first;
  if (candidates.length === 1) return { precision, plans: [...candidates] };
  const measured: PlanMeasurement[] = [];
  for (const plan of candidates) {
    measured.push(await measurePlan(plan, pool, { ...frame, precision }));
  }
  return { precision, plans: worthwhilePlans(measured) };
}

/** The first node of a pipeline that looks at whole images with the model of all. */
function firstLook(
  pipelines: readonly PipelineDefinition[],
): Pick<DetectTask, "pipelineId" | "nodes" | "given"> | undefined {
  for (const definition of pipelines) {
    const segment = planPipeline(definition).whole.segments.find(({ pool, nodes, needs }) =>
      pool === "detection" && needs.length === 0 && nodes[0] !== undefined &&
      modelOf(nodes[0].params) === undefined
    );
    const [node] = segment?.nodes ?? [];
    if (node === undefined) continue;
    return { pipelineId: definition.id, nodes: [node.id], given: {} };
  }
  return undefined;
}
