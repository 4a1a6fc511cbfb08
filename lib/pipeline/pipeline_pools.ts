/**
 * The workers of all pipelines, and the models that they have.
 *
 * @module
 */

import { basename } from "node:path";
import { type Device, PIPELINE_DEFAULTS, type TextModelName } from "../config.ts";
import { chooseDevice, type DeviceChoice } from "../devices/choose_device.ts";
import type { ClassifierLayout } from "../detection/classifier_graph.ts";
import type { ModelRole } from "../models/model_role.ts";
import type { Precision, PreparedDetector } from "../models/specialized_model.ts";
import { chooseTextModel } from "../models/text_models.ts";
import { findModel, modelPath, refuseCopyleft } from "../models/model_catalog.ts";
import { ModelError } from "../onnx/errors.ts";
import { UserError } from "../user_error.ts";
import { NO_WORKERS, type PoolLoad, type WorkerStatus } from "../workers/worker_pool.ts";
import type { PlanMeasurement, WorkerPlan } from "./autotune.ts";
import { CANARY } from "./canary.ts";
import { DetectionPool } from "./detection_pool.ts";
import { PipelineError } from "./errors.ts";
import type { PipelineRegistry } from "./pipeline_registry.ts";
import type { PipelineDefinition } from "../protocol/pipeline.ts";
import type { ModelUse } from "./model_uses.ts";
import type { SegmentResult } from "./pipeline_executor.ts";
import type { PipelineModel } from "./pipeline_info.ts";
import type { CompleteOptions } from "./pipeline_options.ts";
import { ReadingPool } from "./reading_pool.ts";
import type { LocalWorkers, SegmentRun } from "./segment_dispatcher.ts";
import type { PoolName } from "./step.ts";
import { STEPS } from "./steps.ts";

/**
 * A device other than the processor has work to do for one frame at a time, and onnxruntime's WebGPU crashes when two
 * threads use it at once (its issue 32561).
 */
const DEVICE_PLAN: WorkerPlan = { workers: 1, threads: 1 };

/** Runs nodes on the workers that they are made for. */
export class PipelinePools implements LocalWorkers {
  readonly #options: CompleteOptions;
  readonly #definitions: PipelineDefinition[];
  readonly #models: readonly ModelUse[];
  readonly #role: ModelRole;
  #starting: Promise<void> | undefined;
  #detection: DetectionPool | undefined;
  #reading: ReadingPool | undefined;
  #textModel: TextModelName;
  #device: DeviceChoice | undefined;
  /** Aborted when the workers are stopped, so that no device is tried any more. */
  #trying = new AbortController();

  /**
   * Begins without workers; `start` brings them.
   *
   * @throws {ModelError} If the licence of a model is not among those that are allowed.
   */
  constructor(registry: PipelineRegistry, options: CompleteOptions) {
    if (options.licence === "permissive") {
      refuseCopyleft([options.model, ...registry.modelNames]);
    }
    this.#definitions = registry.definitions;
    this.#models = registry.models(options.modelDir);
    this.#role = registry.role;
    this.#options = options;
    this.#textModel = options.textModel;
  }

  /** The text model: the one that was asked for or, once the pools have started and that is missing, its fallback. */
  get textModel(): TextModelName {
    return this.#textModel;
  }

  /** What runs the detector; `undefined` until that is decided. */
  get device(): DeviceChoice | undefined {
    return this.#device;
  }

  /** How inference is spread over the cores; see {@linkcode DetectionPool.plans}. */
  get plans(): readonly (WorkerPlan | PlanMeasurement)[] {
    return this.#detection?.plans ?? [];
  }

  /** What the detector computes with; `undefined` before the start. */
  get precision(): Precision | undefined {
    return this.#detection?.precision;
  }

  /** The classes that the detector of all finds, none where a classifier is the model of all; `undefined` before the start. */
  get labels(): readonly string[] | undefined {
    return this.#role === "detector" ? this.detectorOf()?.layout.labels : this.classifierOf() && [];
  }

  /**
   * Names of the keypoints that a detector gives of each object; `undefined` before the start, or where it gives none.
   *
   * @param model What a node calls it; `undefined` for the detector of all
   */
  keypointNames(model: string | undefined): readonly string[] | undefined {
    const extras = this.detectorOf(model)?.layout.extras;
    return extras?.kind === "keypoints" ? extras.names : undefined;
  }

  /** Number of frames that wait for a worker. */
  get waiting(): number {
    return this.#detection?.waiting ?? 0;
  }

  /** The state of each worker; empty before the start. */
  workers(): WorkerStatus[] {
    return this.#detection?.workers() ?? [];
  }

  /**
   * Loads the models and starts the workers; later calls await the first.
   *
   * @throws {ModelError} If a model file is not there, or cannot be used.
   * @throws {DefinitionError} If that of a model is so which a node names.
   */
  start(): Promise<void> {
    this.#starting ??= this.#start().catch((cause) => {
      const wasStopped = this.#starting === undefined;
      this.stop();
      const message = `Cannot start inference with the model ${this.#modelPath()}: ` +
        "onnxruntime cannot load it (LOG_LEVEL=debug tells why)";
      throw wasStopped || cause instanceof UserError ? cause : new ModelError(message, { cause });
    });
    return this.#starting;
  }

  /** Ends the workers; frames that are not finished fail. */
  stop(): void {
    this.#trying.abort(new Error("The service was stopped while it started"));
    this.#detection?.stop();
    this.#reading?.stop();
    this.#detection = undefined;
    this.#reading = undefined;
    this.#starting = undefined;
  }

  /**
   * Runs nodes, when it is their turn.
   *
   * @throws {ImageDecodeError} If the image is none
   * @throws {ImageTooLargeError} If the image has too many pixels
   * @throws {PipelineError} If a node fails, or there are no workers
   */
  async run({ pool, turn, inputSize, memory, ...task }: SegmentRun): Promise<SegmentResult> {
    const running = pool === "detection"
      ? this.#detection?.run({ ...task, inputSize }, turn)
      : this.#reading?.run({ ...task, memory }, turn);
    if (running !== undefined) return await running;
    throw new PipelineError({ cause: new Error("The service is not running") });
  }

  /** How much the workers of a kind have to do; none before the start. */
  load(pool: PoolName): PoolLoad {
    return (pool === "detection" ? this.#detection : this.#reading)?.load ??
      NO_WORKERS;
  }

  /** Every model file that results depend on, by what it is called here; empty before the start. */
  async modelHashes(): Promise<Record<string, string>> {
    return await this.#detection?.modelHashes() ?? {};
  }

  /** A detector that has been looked into; see {@linkcode DetectionPool.detectorOf}. */
  detectorOf(model?: string): PreparedDetector | undefined {
    return this.#detection?.detectorOf(model);
  }

  /** How a classifier that has been looked into is read; see {@linkcode DetectionPool.classifierOf}. */
  classifierOf(model?: string): ClassifierLayout | undefined {
    return this.#detection?.classifierOf(model);
  }

  /** A model that a node names, or that of all. */
  modelInfo(model?: string): PipelineModel {
    const name = model ?? this.#options.model;
    const path = modelPath(name, this.#options.modelDir);
    const entry = findModel(name);
    return {
      name: entry?.id ?? basename(path, ".onnx"),
      file: basename(path),
      licence: entry?.licence ?? null,
      input_size: (this.detectorOf(model)?.layout ?? this.classifierOf(model))?.input ?? null,
    };
  }

  async #start(): Promise<void> {
    const { inputSize, precision, confidence, iou, maxPixels } = this.#options;
    const { workers, threads, frameTimeoutMs, onRestart } = this.#options;
    const shared = {
      pipelines: this.#definitions,
      maxPixels,
      ...(frameTimeoutMs !== undefined && { frameTimeoutMs }),
      ...(onRestart !== undefined && { onRestart }),
    };
    const device = await this.#chooseDevice();
    this.#detection = new DetectionPool({
      ...shared,
      device,
      canary: CANARY,
      modelPath: this.#modelPath(),
      role: this.#role,
      models: this.#models,
      memoryBytes: this.#options.modelMemoryBytes,
      inputSize: inputSize ?? PIPELINE_DEFAULTS.inputSize,
      fitsFrames: inputSize === undefined,
      // Devices compute with floats.
      precision: device === "cpu" ? precision : "fp32",
      confidence,
      iou,
      fixedPlan: device === "cpu"
        ? {
          ...(workers !== undefined && { workers }),
          ...(threads !== undefined && { threads }),
        }
        : DEVICE_PLAN,
    });
    await this.#detection.start();
    if (!this.#definitions.some(reads)) return;
    if (this.#starting === undefined) throw new Error("The service was stopped while it started");
    const { modelDir, textModel, textPrecision } = this.#options;
    this.#textModel = await chooseTextModel(modelDir, textModel);
    if (workers === 0) return;
    this.#reading = new ReadingPool({
      ...shared,
      modelDir,
      model: this.#textModel,
      precision: textPrecision,
    });
    await this.#reading.start();
  }

  async #chooseDevice(): Promise<Device> {
    const { device = "cpu", inputSize = PIPELINE_DEFAULTS.inputSize, confidence } = this.#options;
    const { signal } = this.#trying = new AbortController();
    const choice = await chooseDevice({
      wanted: device,
      precision: this.#options.precision,
      modelPath: this.#modelPath(),
      role: this.#role,
      inputSize,
      confidence,
      image: CANARY,
      signal,
    });
    signal.throwIfAborted();
    this.#device = choice;
    return choice.device;
  }

  #modelPath(): string {
    return modelPath(this.#options.model, this.#options.modelDir);
  }
}

function reads({ nodes }: PipelineDefinition): boolean {
  return nodes.some(({ step }) => STEPS.get(step)?.runsOn === "reading");
}
