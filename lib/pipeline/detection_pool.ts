/**
 * The workers that find objects, as many as suit the machine.
 *
 * @module
 */

import {
  candidatePlans,
  choosePlan,
  measurePlan,
  type PlanMeasurement,
  type WorkerPlan,
} from "./calibration.ts";
import { usesDetector } from "./load_definitions.ts";
import type { DetectorLayout, Size } from "./onnx_graph.ts";
import type { PipelineDefinition } from "./pipeline_definition.ts";
import type { RunOutcome } from "./pipeline_runner.ts";
import { type PreparedDetector, prepareDetector } from "./specialized_model.ts";
import type { DetectTask, WorkerSetup } from "./worker_messages.ts";
import {
  type PoolResult,
  WorkerPool,
  type WorkerRestart,
  type WorkerStatus,
} from "./worker_pool.ts";

/** Options for {@linkcode DetectionPool}. */
export interface DetectionPoolOptions {
  pipelines: PipelineDefinition[];
  /** Path of the detector's model. */
  modelPath: string;
  /** Inputs of the detector in pixels; the first is the default one. */
  inputSizes: readonly Size[];
  /** Confidence that a detection has to exceed, between 0 and 1. */
  confidence: number;
  /** Overlap above which the weaker of two boxes of one class is dropped, between 0 and 1. */
  iou: number;
  /** What is not to be chosen. */
  fixedPlan: Partial<WorkerPlan>;
  /** Most pixels that a picture may have. */
  maxPixels: number;
  frameTimeoutMs?: number;
  /** Called for each worker that is replaced. */
  onRestart?: (restart: WorkerRestart) => void;
  /** The picture that plans are tried on. */
  canary: URL;
}

type Pool = WorkerPool<WorkerSetup, DetectTask, RunOutcome>;

/** Starts the pool that serves the machine best, and passes tasks on to it. */
export class DetectionPool {
  readonly #options: DetectionPoolOptions;
  /** Every pool that runs; more than one only while plans are tried. */
  readonly #pools = new Set<Pool>();
  /** The pool that tasks go to. */
  #pool: Pool | undefined;
  #plan: WorkerPlan | PlanMeasurement | undefined;
  #layout: DetectorLayout | undefined;
  #isStopped = false;

  constructor(options: DetectionPoolOptions) {
    this.#options = options;
  }

  /** How inference is spread over the cores, and what that gave when it was tried; `undefined` before the start. */
  get plan(): WorkerPlan | PlanMeasurement | undefined {
    return this.#plan;
  }

  /** The detector's outputs and labels; `undefined` before the start. */
  get layout(): DetectorLayout | undefined {
    return this.#layout;
  }

  /** Number of tasks that wait for a worker. */
  get waiting(): number {
    return this.#pool?.waiting ?? 0;
  }

  /** The state of each worker; empty before the start. */
  workers(): WorkerStatus[] {
    return this.#pool?.workers() ?? [];
  }

  /**
   * Loads the model and starts the workers.
   *
   * @throws {ModelNotFoundError} If the model file is not there
   * @throws {UnknownHeadError} If the model is no detector that can be read
   */
  async start(): Promise<void> {
    const { modelPath, inputSizes, fixedPlan } = this.#options;
    const detectors: PreparedDetector[] = [];
    for (const size of inputSizes) detectors.push(await prepareDetector(modelPath, size));
    this.#layout = detectors[0].layout;
    const plans = candidatePlans(navigator.hardwareConcurrency, fixedPlan);
    if (plans.length > 1) return await this.#startBest(plans, detectors);
    this.#plan = plans[0];
    this.#pool = await this.#startPool(plans[0], detectors);
  }

  /** Runs a task when it is the session's turn; see {@linkcode WorkerPool.run}. */
  run(task: DetectTask, sessionId: string, mostAtOnce = 1): Promise<PoolResult<RunOutcome>> {
    if (this.#pool === undefined) return Promise.reject(new Error("The workers are not running"));
    return this.#pool.run(task, sessionId, mostAtOnce);
  }

  /** Ends all workers; tasks that are not finished fail. */
  stop(): void {
    this.#isStopped = true;
    for (const pool of this.#pools) pool.stop();
    this.#pools.clear();
  }

  /** Tries each plan on the canary picture, and keeps the pool of the best. */
  async #startBest(plans: WorkerPlan[], detectors: PreparedDetector[]): Promise<void> {
    const { pipelines, canary } = this.#options;
    const pipelineId = pipelines.find(usesDetector)?.id ?? "";
    const picture = await Deno.readFile(canary);
    let best: PlanMeasurement | undefined;
    for (const plan of plans) {
      const pool = await this.#startPool(plan, detectors);
      const measured = await measurePlan(plan, pool, pipelineId, picture);
      const isBetter = best === undefined || choosePlan([best, measured]) === measured;
      this.#stopPool(isBetter ? this.#pool : pool);
      if (!isBetter) continue;
      this.#pool = pool;
      this.#plan = best = measured;
    }
  }

  #stopPool(pool: Pool | undefined): void {
    if (pool === undefined) return;
    this.#pools.delete(pool);
    pool.stop();
  }

  async #startPool(
    { workers, threads }: WorkerPlan,
    prepared: PreparedDetector[],
  ): Promise<Pool> {
    const { pipelines, confidence, iou, maxPixels, frameTimeoutMs, onRestart } = this.#options;
    const [detector, ...otherDetectors] = prepared.map((each) => ({
      ...each,
      threads,
      confidence,
      iou,
    }));
    if (this.#isStopped) throw new Error("The workers were stopped while they started");
    const pool: Pool = new WorkerPool({
      workers,
      workerUrl: new URL("./worker.ts", import.meta.url).href,
      ...(frameTimeoutMs !== undefined && { frameTimeoutMs }),
      ...(onRestart !== undefined && { onRestart }),
      setup: { pipelines, detector, otherDetectors, maxPixels },
    });
    this.#pools.add(pool);
    await pool.start();
    return pool;
  }
}
