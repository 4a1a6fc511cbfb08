/**
 * The workers that find objects, as many as suit the machine.
 *
 * @module
 */

import { imageTaskRules } from "./image_task_rules.ts";
import type { Device } from "../config.ts";
import type { Size } from "../image/size.ts";
import { dirname } from "node:path";
import {
  candidatePlans,
  measurePlan,
  planFor,
  type PlanMeasurement,
  type WorkerPlan,
  worthwhilePlans,
} from "./autotune.ts";
import { planPipeline } from "./pipeline_plan.ts";
import type { DetectorLayout } from "../onnx/detector_layout.ts";
import type { PipelineDefinition } from "../protocol/pipeline.ts";
import { holdGraph, removeUnused } from "../models/prepared_graphs.ts";
import { type PreparedDetector, prepareDetector } from "../models/specialized_model.ts";
import type { DetectTask, SegmentOutcome, WorkerSetup } from "./worker_tasks.ts";
import {
  type PoolResult,
  type Turn,
  WorkerPool,
  type WorkerRestart,
  type WorkerStatus,
} from "../workers/worker_pool.ts";

/** Options for {@linkcode DetectionPool}. */
export interface DetectionPoolOptions {
  /** Every pipeline that a task may name. */
  pipelines: PipelineDefinition[];
  /** Path of the detector's model. */
  modelPath: string;
  /** Inputs of the detector in pixels; the first is the default one. */
  inputSizes: readonly Size[];
  /** Confidence that a detection has to exceed, between 0 and 1. */
  confidence: number;
  /** Overlap above which the weaker of two boxes of one class is dropped, between 0 and 1. */
  iou: number;
  /** What runs the detector. */
  device: Device;
  /** Values that are fixed rather than chosen. */
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
  #layout: DetectorLayout | undefined;
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

  /** The detector's outputs and labels; `undefined` before the start. */
  get layout(): DetectorLayout | undefined {
    return this.#layout;
  }

  /** Number of tasks that wait for a worker. */
  get waiting(): number {
    return this.#readyPool?.waiting ?? 0;
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
    const { modelPath, inputSizes, confidence, fixedPlan } = this.#options;
    const detectors: PreparedDetector[] = [];
    for (const size of inputSizes) {
      const prepared = await prepareDetector(modelPath, size, confidence);
      await this.#hold(prepared);
      detectors.push(prepared);
    }
    await removeUnused(dirname(modelPath));
    this.#layout = detectors[0].layout;
    this.#plans = candidatePlans(navigator.hardwareConcurrency, fixedPlan);
    await this.#startPool(detectors);
    if (this.#plans.length > 1) await this.#autotune(detectors);
    this.#isReady = true;
  }

  /** Runs a task when it is its turn; see {@linkcode WorkerPool.run}. */
  run(task: DetectTask, turn: Turn): Promise<PoolResult<SegmentOutcome>> {
    const pool = this.#readyPool;
    if (pool === undefined) return Promise.reject(new Error("The workers are not running"));
    return pool.run(task, turn);
  }

  /** Ends all workers; tasks that are not finished fail. */
  stop(): void {
    this.#isStopped = true;
    this.#pool?.stop();
    this.#holds.dispose();
  }

  async #hold({ path }: PreparedDetector): Promise<void> {
    const hold = await holdGraph(path);
    if (hold === undefined) return;
    if (this.#isStopped) hold[Symbol.dispose]();
    else this.#holds.use(hold);
  }

  /** The pool, unless plans are still being tried on it. */
  get #readyPool(): Pool | undefined {
    return this.#isReady ? this.#pool : undefined;
  }

  /** Tries each plan on the canary image, and keeps those that are worthwhile. */
  async #autotune(detectors: PreparedDetector[]): Promise<void> {
    const { pipelines, canary } = this.#options;
    const pool = this.#pool;
    if (pool === undefined) return;
    const frame = firstDetection(pipelines);
    if (frame === undefined) return;
    const image = await Deno.readFile(canary);
    const measured: PlanMeasurement[] = [];
    for (const plan of this.#plans) {
      measured.push(await measurePlan(plan, pool, { ...frame, image }));
    }
    this.#plans = worthwhilePlans(measured);
    if (pool.workers().length === mostWorkers(this.#plans)) return;
    pool.close();
    await this.#startPool(detectors);
  }

  async #startPool(prepared: PreparedDetector[]): Promise<void> {
    const { pipelines, device, iou, maxPixels, frameTimeoutMs, onRestart } = this.#options;
    const { threads } = planFor(this.#plans, Infinity);
    const [detector, ...otherDetectors] = prepared.map((each) => ({
      ...each,
      threads,
      device,
      iou,
    }));
    if (this.#isStopped) throw new Error("The workers were stopped while they started");
    const pool: Pool = new WorkerPool({
      workers: mostWorkers(this.#plans),
      rules: imageTaskRules(),
      workerUrl: new URL("./detection_worker.ts", import.meta.url).href,
      prepare: (task, underWay) => ({ threads: planFor(this.#plans, underWay).threads, ...task }),
      ...(frameTimeoutMs !== undefined && { frameTimeoutMs }),
      ...(onRestart !== undefined && { onRestart }),
      setup: { pipelines, detector, otherDetectors, maxPixels },
    });
    this.#pool = pool;
    await pool.start();
  }
}

function mostWorkers(plans: readonly WorkerPlan[]): number {
  return Math.max(...plans.map(({ workers }) => workers));
}

/** The first node of a pipeline that finds objects in whole images. */
function firstDetection(
  pipelines: readonly PipelineDefinition[],
): Pick<DetectTask, "pipelineId" | "nodes" | "given"> | undefined {
  for (const definition of pipelines) {
    const segment = planPipeline(definition).whole.segments.find(({ pool, nodes, needs }) =>
      pool === "detection" && nodes.length > 0 && needs.length === 0
    );
    if (segment === undefined) continue;
    return { pipelineId: definition.id, nodes: [segment.nodes[0].id], given: {} };
  }
  return undefined;
}
