import { basename, join } from "node:path";
import type { PipelineResult } from "../client/protocol.ts";
import { PipelineError } from "./errors.ts";
import {
  candidatePlans,
  choosePlan,
  measurePlan,
  type PlanMeasurement,
  type WorkerPlan,
} from "./calibration.ts";
import { findModel } from "./model_catalog.ts";
import type { DetectorLayout, Size } from "./onnx_graph.ts";
import {
  entryNodes,
  outputNodes,
  type PipelineDefinition,
  validateDefinition,
} from "./pipeline_definition.ts";
import { type PreparedDetector, prepareDetector } from "./specialized_model.ts";
import { WorkerPool, type WorkerRestart, type WorkerStatus } from "./worker_pool.ts";

/** Options for {@linkcode PipelineService}. */
export interface PipelineServiceOptions {
  /** Folder of the model files. */
  modelDir: string;
  /**
   * The detector: an id of `models.json`, or the path of an ONNX file.
   *
   * @default {"yolov8n"}
   */
  model?: string;
  /**
   * Size of the detector's input in pixels, multiples of 32.
   *
   * @default {{ width: 512, height: 384 }}
   */
  inputSize?: Size;
  /**
   * Further inputs that frames may ask for, in pixels, multiples of 32.
   *
   * @default {[]}
   */
  otherInputSizes?: readonly Size[];
  /**
   * Confidence that a detection has to exceed, between 0 and 1.
   *
   * @default {0.25}
   */
  confidence?: number;
  /**
   * Overlap above which the weaker of two boxes of one class is dropped, between 0 and 1.
   *
   * @default {0.45}
   */
  iou?: number;
  /**
   * Number of inference workers; found out at the start where it is not given.
   */
  workers?: number;
  /**
   * Threads of each worker; found out at the start where it is not given.
   */
  threads?: number;
  /**
   * Most pixels that a picture may have.
   *
   * @default {4194304}
   */
  maxPixels?: number;
  /**
   * Milliseconds after which a worker that has not answered is replaced.
   *
   * @default {10000}
   */
  frameTimeoutMs?: number;
  /** Called for each worker that is replaced. */
  onRestart?: (restart: WorkerRestart) => void;
}

/** A pipeline in a list. */
export type PipelineSummary = Pick<PipelineDefinition, "id" | "name" | "description">;

/** A model that a pipeline uses. */
export interface PipelineModel {
  name: string;
  /** Name of its file, without folders. */
  file: string;
  /** SPDX identifier; `null` for a file of one's own. */
  licence: string | null;
  /** `null` until the model has been loaded. */
  input_size: Size | null;
}

/** A pipeline with all that there is to know about it. */
export interface PipelineInfo extends PipelineDefinition {
  /** Ids of the nodes that start from the frame. */
  entry_nodes: string[];
  /** Ids of the nodes that give the result. */
  output_nodes: string[];
  models: PipelineModel[];
}

const DEFINITIONS = new URL("../../pipelines/", import.meta.url);
const CANARY = new URL("./canary.jpg", import.meta.url);
/** What has to be seen in the canary picture. */
const CANARY_LABEL = "dog";
/** Highest threshold at which every model of the catalogue sees it. */
const CANARY_CONFIDENCE = 0.5;
const DEFAULT_MODEL = "yolov8n";
const DEFAULT_INPUT_SIZE: Size = { width: 512, height: 384 };
const DEFAULT_CONFIDENCE = 0.25;
const DEFAULT_MAX_PIXELS = 4_194_304;

/**
 * Runs pipelines on pictures: the one way in, for streams, images and videos alike.
 *
 * @example
 * ```ts
 * const service = new PipelineService({ modelDir: "./models" });
 * await service.start();
 * const { detections } = await service.runOnImage("yolo_only", await Deno.readFile("dog.jpg"));
 * service.stop();
 * ```
 */
export class PipelineService {
  readonly #options: PipelineServiceOptions;
  readonly #definitions: Map<string, PipelineDefinition>;
  #starting: Promise<void> | undefined;
  /** Every pool that runs; more than one only while plans are tried. */
  readonly #pools = new Set<WorkerPool>();
  /** The pool that frames go to. */
  #pool: WorkerPool | undefined;
  #plan: WorkerPlan | PlanMeasurement | undefined;
  #layout: DetectorLayout | undefined;

  /**
   * @throws {TypeError} If a definition in `pipelines/` is not valid.
   * @throws {RangeError} If an option is out of its range.
   */
  constructor(options: PipelineServiceOptions) {
    checkOptions(options);
    this.#options = options;
    this.#definitions = readDefinitions();
  }

  /**
   * Loads the models and starts the workers; later calls await the first.
   *
   * @throws {ModelNotFoundError} If the model file is not there.
   * @throws {UnknownHeadError} If the model is no detector that can be read.
   */
  start(): Promise<void> {
    this.#starting ??= this.#start().catch((error) => {
      this.stop();
      throw error;
    });
    return this.#starting;
  }

  /** Ends the workers; frames that are not finished fail. */
  stop(): void {
    for (const pool of this.#pools) pool.stop();
    this.#pools.clear();
    this.#pool = undefined;
    this.#starting = undefined;
  }

  /** The pipelines that there are. */
  listPipelines(): PipelineSummary[] {
    return [...this.#definitions.values()].map(({ id, name, description }) => ({
      id,
      name,
      description,
    }));
  }

  /** Describes a pipeline; `undefined` for an unknown id. */
  getPipeline(id: string): PipelineInfo | undefined {
    const definition = this.#definitions.get(id);
    if (definition === undefined) return undefined;
    return {
      ...definition,
      entry_nodes: entryNodes(definition),
      output_nodes: outputNodes(definition),
      models: usesDetector(definition) ? [this.#detectorInfo()] : [],
    };
  }

  /** Whether a pipeline of this id exists. */
  isValidPipeline(id: string): boolean {
    return this.#definitions.has(id);
  }

  /**
   * Runs a pipeline on a frame of a stream.
   *
   * Sessions take turns, one frame of each at a time.
   *
   * @param frameIndex Number of the frame in its session, from 1.
   * @param frameBytes The encoded picture; not to be used afterwards, since its memory goes to a worker.
   * @param inputSize Input of the detector, one of those in the options; the default one where it is not given.
   * @throws {RangeError} If there is no such pipeline.
   * @throws {ImageDecodeError} If the frame is not a picture.
   * @throws {ImageTooLargeError} If the picture has too many pixels.
   * @throws {PipelineError} If the pipeline fails, or the service is not running.
   */
  async runOnFrame(
    pipelineId: string,
    _frameIndex: number,
    frameBytes: Uint8Array,
    sessionId: string,
    inputSize?: Size,
  ): Promise<PipelineResult> {
    const definition = this.#definitions.get(pipelineId);
    if (definition === undefined) {
      throw new RangeError(`Cannot run the pipeline "${pipelineId}": unknown`);
    }
    if (this.#pool === undefined) {
      throw new PipelineError({ cause: new Error("The service is not running") });
    }
    const started = performance.now();
    const { findings, stages, wait } = await this.#pool.run(
      pipelineId,
      frameBytes,
      sessionId,
      inputSize,
    );
    const timings = { wait, ...stages, total: performance.now() - started };
    return {
      ...findings,
      text_blocks: [],
      text: "",
      text_frame_index: null,
      timings_ms: mapValues(timings, roundToTenths),
      models: {
        detector: usesDetector(definition) ? this.#detectorInfo().name : null,
        recognizer: null,
      },
    };
  }

  /**
   * Runs a pipeline on a single picture.
   *
   * @param bytes The encoded picture; not to be used afterwards, since its memory goes to a worker.
   * @throws As `runOnFrame` does.
   */
  runOnImage(pipelineId: string, bytes: Uint8Array): Promise<PipelineResult> {
    return this.runOnFrame(pipelineId, 1, bytes, crypto.randomUUID());
  }

  /** The state of each worker; empty before the start. */
  workers(): WorkerStatus[] {
    return this.#pool?.workers() ?? [];
  }

  /** Number of frames that wait for a worker. */
  get waiting(): number {
    return this.#pool?.waiting ?? 0;
  }

  /**
   * Looks at a bundled picture of a dog, and tells whether the dog was found.
   *
   * With a model of other classes, or a threshold so high that the dog may be missed, an answer is enough.
   */
  async checkCanary(): Promise<boolean> {
    const pipeline = [...this.#definitions.values()].find(usesDetector);
    if (pipeline === undefined || this.#layout === undefined) return false;
    const { confidence = DEFAULT_CONFIDENCE } = this.#options;
    const mustFind = this.#layout.labels.includes(CANARY_LABEL) && confidence <= CANARY_CONFIDENCE;
    try {
      const { detections } = await this.runOnImage(pipeline.id, await Deno.readFile(CANARY));
      return !mustFind || detections.some(({ label }) => label === CANARY_LABEL);
    } catch {
      return false;
    }
  }

  /** How inference is spread over the cores, and what that gave when it was tried; `undefined` before the start. */
  get plan(): WorkerPlan | PlanMeasurement | undefined {
    return this.#plan;
  }

  async #start(): Promise<void> {
    const { inputSize = DEFAULT_INPUT_SIZE, otherInputSizes = [], ...fixed } = this.#options;
    const path = this.#modelPath();
    const detectors: PreparedDetector[] = [];
    for (const size of [inputSize, ...otherInputSizes]) {
      detectors.push(await prepareDetector(path, size));
    }
    this.#layout = detectors[0].layout;
    const plans = candidatePlans(navigator.hardwareConcurrency, fixed);
    if (plans.length === 1) {
      this.#plan = plans[0];
      this.#pool = await this.#startPool(plans[0], detectors);
    } else {
      await this.#startBestPool(plans, detectors);
    }
  }

  /** Tries each plan on the canary picture, and keeps the pool of the best. */
  async #startBestPool(plans: WorkerPlan[], detectors: PreparedDetector[]): Promise<void> {
    const pipeline = [...this.#definitions.values()].find(usesDetector);
    const picture = await Deno.readFile(CANARY);
    let best: PlanMeasurement | undefined;
    for (const plan of plans) {
      const pool = await this.#startPool(plan, detectors);
      const measured = await measurePlan(plan, pool, pipeline?.id ?? "", picture);
      const isBetter = best === undefined || choosePlan([best, measured]) === measured;
      this.#stopPool(isBetter ? this.#pool : pool);
      if (!isBetter) continue;
      this.#pool = pool;
      this.#plan = best = measured;
    }
  }

  #stopPool(pool: WorkerPool | undefined): void {
    if (pool === undefined) return;
    this.#pools.delete(pool);
    pool.stop();
  }

  async #startPool(
    { workers, threads }: WorkerPlan,
    prepared: PreparedDetector[],
  ): Promise<WorkerPool> {
    const options = this.#options;
    const [detector, ...otherDetectors] = prepared.map((each) => ({
      ...each,
      threads,
      confidence: options.confidence ?? DEFAULT_CONFIDENCE,
      iou: options.iou ?? 0.45,
    }));
    if (this.#starting === undefined) throw new Error("The service was stopped while it started");
    const pool = new WorkerPool({
      workers,
      ...(options.frameTimeoutMs !== undefined && { frameTimeoutMs: options.frameTimeoutMs }),
      ...(options.onRestart !== undefined && { onRestart: options.onRestart }),
      setup: {
        pipelines: [...this.#definitions.values()],
        detector,
        otherDetectors,
        maxPixels: options.maxPixels ?? DEFAULT_MAX_PIXELS,
      },
    });
    this.#pools.add(pool);
    await pool.start();
    return pool;
  }

  #modelPath(): string {
    const { model = DEFAULT_MODEL, modelDir } = this.#options;
    const entry = findModel(model);
    return entry === undefined ? model : join(modelDir, entry.file);
  }

  #detectorInfo(): PipelineModel {
    const path = this.#modelPath();
    const entry = findModel(this.#options.model ?? DEFAULT_MODEL);
    return {
      name: entry?.id ?? basename(path, ".onnx"),
      file: basename(path),
      licence: entry?.licence ?? null,
      input_size: this.#layout?.input ?? null,
    };
  }
}

function checkOptions({ inputSize, confidence, iou }: PipelineServiceOptions): void {
  for (const side of Object.values(inputSize ?? {})) {
    if (!Number.isInteger(side) || side < 32 || side % 32 !== 0) {
      throw new RangeError(`Cannot use the input size: expected multiples of 32, got ${side}`);
    }
  }
  for (const share of [confidence ?? 0, iou ?? 0]) {
    if (!(share >= 0 && share <= 1)) {
      throw new RangeError(`Cannot use a threshold outside 0 to 1: got ${share}`);
    }
  }
}

function usesDetector({ nodes }: PipelineDefinition): boolean {
  return nodes.some((node) => node.step === "detect");
}

function readDefinitions(): Map<string, PipelineDefinition> {
  const definitions = new Map<string, PipelineDefinition>();
  for (const { name } of Deno.readDirSync(DEFINITIONS)) {
    if (!name.endsWith(".json")) continue;
    const definition = JSON.parse(Deno.readTextFileSync(new URL(name, DEFINITIONS)));
    const errors = validateDefinition(definition);
    if (errors.length > 0) {
      throw new TypeError(`Cannot load the pipeline ${name}: ${errors.join("; ")}`);
    }
    definitions.set(definition.id, definition);
  }
  return definitions;
}

function mapValues<K extends string>(
  record: Record<K, number>,
  change: (value: number) => number,
): Record<K, number> {
  const entries = Object.entries<number>(record).map(([key, value]) => [key, change(value)]);
  return Object.fromEntries(entries) as Record<K, number>;
}

function roundToTenths(value: number): number {
  return Math.round(value * 10) / 10;
}
