/**
 * The workers that find objects, as many as suit the machine.
 *
 * @module
 */

import type { Device } from "../config.ts";
import { dirname } from "node:path";
import type { Size } from "../image/size.ts";
import { hashOf } from "../models/calibration.ts";
import { loadClassifier } from "../models/classifier_model.ts";
import { holdGraph, removeUnused } from "../models/prepared_graphs.ts";
import {
  choosePrecision,
  possiblePrecisions,
  type Precision,
  type PreparedDetector,
  prepareDetector,
} from "../models/specialized_model.ts";
import { ModelError } from "../onnx/errors.ts";
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
import { DefinitionError } from "./errors.ts";
import type { ModelUse } from "./model_uses.ts";
import { planPipeline } from "./pipeline_plan.ts";
import { modelOf } from "./steps.ts";
import type { DetectTask, SegmentOutcome, WorkerSetup } from "./worker_tasks.ts";

/** Options for {@linkcode DetectionPool}. */
export interface DetectionPoolOptions {
  /** Every pipeline that a task may name. */
  pipelines: PipelineDefinition[];
  /** Path of the detector's model. */
  modelPath: string;
  /** Other models that nodes name. */
  models: readonly ModelUse[];
  /** Memory for the detectors that all workers keep, in bytes; by default so much for each worker that it seldom matters. */
  memoryBytes: number | undefined;
  /** Input of the detector, in pixels, where a task asks for no other. */
  inputSize: Size;
  /** Whether a frame gets an input of its shape, of as many pixels. */
  fitsFrames: boolean;
  /** What the detector computes with; `auto` for what is faster on this machine. */
  precision: Precision | "auto";
  /** Confidence that a detection has to exceed, between 0 and 1. */
  confidence: number;
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
  #models: ReadonlyMap<string, PreparedDetector> = new Map();
  #lastFrameMs = -Infinity;
  /** What keeps other processes from removing the graphs in use. */
  readonly #holds = new DisposableStack();
  #isReady = false;
  #isStopped = false;

  /** Begins without workers; `start` brings them. */
  constructor(options: DetectionPoolOptions) {
    this.#options = options;
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
    return model === undefined ? this.#detector : this.#models.get(model);
  }

  /** What the detector computes with; `undefined` before the start. */
  get precision(): Precision | undefined {
    return this.#detector?.precision;
  }

  /** Number of tasks that wait for a worker. */
  get waiting(): number {
    return this.#readyPool?.waiting ?? 0;
  }

  /** How much the workers have to do; none before the start. */
  get load(): PoolLoad {
    return this.#readyPool?.load ?? NO_WORKERS;
  }

  /** SHA-256 of each model, by what nodes call it; empty before the start. */
  async modelHashes(): Promise<Record<string, string>> {
    const hashes: Record<string, string> = { "": this.#detector?.hash ?? "" };
    for (const { model, path, isClassifier } of this.#options.models) {
      hashes[model] = isClassifier
        ? hashOf(await Deno.readFile(path))
        : this.#models.get(model)?.hash ?? "";
    }
    return hashes;
  }

  /** The state of each worker; empty before the start. */
  workers(): WorkerStatus[] {
    return this.#readyPool?.workers() ?? [];
  }

  /**
   * Loads the model and starts the workers.
   *
   * @throws {ModelError} If the model file is not there, or is no detector that can be read
   * @throws {WorkerLostError} If a worker cannot start with it
   */
  async start(): Promise<void> {
    const { modelPath, fixedPlan } = this.#options;
    if (fixedPlan.workers === 0) {
      await this.#lookIntoModels();
      return;
    }
    this.#plans = candidatePlans(navigator.hardwareConcurrency, fixedPlan);
    await removeUnused(dirname(modelPath));
    const detector = await this.#tune();
    this.#models = await this.#prepareModels(detector.precision);
    await this.#startPool([detector]);
    this.#isReady = true;
  }

  /** Enough to describe pipelines and their results, where others compute. */
  async #lookIntoModels(): Promise<void> {
    const { modelPath, precision } = this.#options;
    const { precisions: [first] } = await possiblePrecisions(modelPath, precision);
    this.#detector = await this.#prepare(first);
    this.#models = await this.#prepareModels(first);
  }

  async #prepare(
    precision: Precision,
    path: string = this.#options.modelPath,
  ): Promise<PreparedDetector> {
    const { inputSize: size, confidence } = this.#options;
    const prepared = await prepareDetector(path, { size, confidence, precision });
    await this.#hold(prepared);
    return prepared;
  }

  /** They compute with 8 bits where the detector of all turned out to do so here, and they are calibrated. */
  async #prepareModels(precision: Precision): Promise<Map<string, PreparedDetector>> {
    const models = new Map<string, PreparedDetector>();
    for (const { model, path, isClassifier, where } of this.#options.models) {
      try {
        if (isClassifier) {
          // To be refused now rather than by every image.
          await loadClassifier(path);
          continue;
        }
        const choice = precision === "int8" ? "auto" : precision;
        models.set(model, await this.#prepare(await choosePrecision(path, choice), path));
      } catch (cause) {
        if (!(cause instanceof ModelError)) throw cause;
        throw new DefinitionError(`Cannot load the pipeline ${where}: ${cause.message}`, { cause });
      }
    }
    return models;
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
    this.#holds.dispose();
  }

  async #hold({ copy }: PreparedDetector): Promise<void> {
    const hold = copy === undefined ? undefined : await holdGraph(copy);
    if (hold === undefined) return;
    if (this.#isStopped) hold[Symbol.dispose]();
    else this.#holds.use(hold);
  }

  /** The pool, unless plans are still being tried on it. */
  get #readyPool(): Pool | undefined {
    return this.#isReady ? this.#pool : undefined;
  }

  /** Chooses the precision and the plans, by what is measured now or was at an earlier start; gives the detector to be used. */
  async #tune(): Promise<PreparedDetector> {
    const { modelPath, pipelines, precision, fixedPlan, inputSize, device } = this.#options;
    const { hash, precisions } = await possiblePrecisions(modelPath, precision);
    const [first] = precisions;
    const frame = firstDetection(pipelines);
    if (frame === undefined || this.#plans.length === 1 && precisions.length === 1) {
      return await this.#prepare(first);
    }
    const key = await autotuneKey({ hash, precisions, fixedPlan, inputSize, device });
    const kept = await readAnswer(modelPath, key);
    if (kept !== undefined) {
      this.#plans = kept.plans;
      return await this.#prepare(kept.precision);
    }
    const [detector, ...others] = await Promise.all(precisions.map((each) => this.#prepare(each)));
    const image = await Deno.readFile(this.#options.canary);
    const pool = await this.#startPool([detector, ...others]);
    const answer = await measure(pool, this.#plans, precisions, { ...frame, image });
    pool.close();
    await keepAnswer(modelPath, key, answer);
    this.#plans = answer.plans;
    return others.find(({ precision }) => precision === answer.precision) ?? detector;
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
        models: this.#models,
        classifiers: new Map(
          this.#options.models.filter(({ isClassifier }) => isClassifier)
            .map(({ model, path }) => [model, path]),
        ),
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

/** The first node of a pipeline that finds objects in whole images with the detector of all. */
function firstDetection(
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
