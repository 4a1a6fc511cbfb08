import { ModelError } from "../onnx/errors.ts";
import { basename, join } from "node:path";
import type { Detection, PipelineResult } from "../protocol/stream_messages.ts";
import type { PlanMeasurement, WorkerPlan } from "./calibration.ts";
import { CANARY, findsCanary } from "./canary.ts";
import { DetectionPool } from "./detection_pool.ts";
import { OverloadedError, PipelineError } from "./errors.ts";
import { loadDefinitions, readsText, usesDetector } from "./load_definitions.ts";
import { findModel } from "../models/model_catalog.ts";
import type { ImageInput, PixelImage } from "../image/pixel_image.ts";
import type { Size } from "../image/size.ts";
import { entryNodes, outputNodes, type PipelineDefinition } from "./pipeline_definition.ts";
import {
  type CompleteOptions,
  completeOptions,
  type PipelineServiceOptions,
} from "./pipeline_options.ts";
import {
  type PipelineInfo,
  type PipelineModel,
  type PipelineSummary,
  textModelInfo,
} from "./pipeline_info.ts";
import { addText, describeDetection, roundToTenths } from "./pipeline_result.ts";
import type { RunOutcome } from "./pipeline_runner.ts";
import { StreamText } from "./stream_text.ts";
import { TEXT_MODELS, TextPool } from "./text_pool.ts";
import { Tracker } from "../detection/tracker.ts";
import type { DetectTask, ReadOutcome } from "./worker_tasks.ts";
import type { PoolResult, Turn, WorkerStatus } from "../workers/worker_pool.ts";

const DEFINITIONS = new URL("../../pipelines/", import.meta.url);
/** The name under which results tell what has read their text. */
const RECOGNIZER_NAME = "ch_PP-OCRv4";
/** Most single pictures that are looked at or wait for it at once; the last waits for some seconds. */
const MAX_IMAGES = 32;

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
  readonly #options: CompleteOptions;
  readonly #definitions: Map<string, PipelineDefinition>;
  readonly #streamText: StreamText;
  /** The followed objects of each stream and video. */
  readonly #trackers = new Map<string, Tracker>();
  #starting: Promise<void> | undefined;
  #detection: DetectionPool | undefined;
  #text: TextPool | undefined;
  #images = 0;

  /**
   * Reads the definitions in `pipelines/`; `start` loads the models.
   *
   * @throws {DefinitionError} If a definition in `pipelines/` is not valid.
   * @throws {RangeError} If an option is out of its range.
   */
  constructor(options: PipelineServiceOptions) {
    this.#options = completeOptions(options);
    this.#definitions = loadDefinitions(DEFINITIONS);
    this.#streamText = new StreamText(
      (picture, sessionId) => this.#read(picture, { sessionId }),
      this.#options.ocrIntervalMs,
    );
  }

  /**
   * How inference is spread over the cores, for few frames at once first, and what that gave when it was tried; empty before
   * the start.
   */
  get plans(): readonly (WorkerPlan | PlanMeasurement)[] {
    return this.#detection?.plans ?? [];
  }

  /**
   * Loads the models and starts the workers; later calls await the first.
   *
   * @throws {ModelError} If a model file is not there, or cannot be used.
   */
  start(): Promise<void> {
    this.#starting ??= this.#start().catch((cause) => {
      const wasStopped = this.#starting === undefined;
      this.stop();
      const message = `Cannot start inference with the model ${this.#modelPath()}: ` +
        "onnxruntime cannot load it (LOG_LEVEL=debug tells why)";
      throw wasStopped || cause instanceof ModelError ? cause : new ModelError(message, { cause });
    });
    return this.#starting;
  }

  /** Ends the workers; frames that are not finished fail. */
  stop(): void {
    this.#detection?.stop();
    this.#text?.stop();
    this.#detection = undefined;
    this.#text = undefined;
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
      models: [
        ...(usesDetector(definition) ? [this.#detectorInfo()] : []),
        ...(readsText(definition) ? TEXT_MODELS.map(textModelInfo) : []),
      ],
    };
  }

  /** Whether a pipeline of this id exists. */
  isValidPipeline(id: string): boolean {
    return this.#definitions.has(id);
  }

  /** Whether a pipeline of this id reads text, for which pictures should not be made smaller. */
  readsText(id: string): boolean {
    const definition = this.#definitions.get(id);
    return definition !== undefined && readsText(definition);
  }

  /**
   * Runs a pipeline on a frame of a stream.
   *
   * Sessions take turns, one frame of each at a time. Text is read beside it, at a lower rate, so the result holds what
   * was read last.
   *
   * @param frameIndex Number of the frame in its session, from 1.
   * @param frameBytes The encoded picture; not to be used afterwards, since its memory goes to a worker.
   * @param options `inputSize`: input of the detector, one of those in the service's options; the default one where it is not
   * given. `arrivedMs`: when the frame arrived, in monotonic milliseconds; now where it is not given.
   * @throws {RangeError} If there is no such pipeline.
   * @throws {ImageDecodeError} If the frame is not a picture.
   * @throws {ImageTooLargeError} If the picture has too many pixels.
   * @throws {PipelineError} If the pipeline fails, or the service is not running.
   */
  async runOnFrame(
    pipelineId: string,
    frameIndex: number,
    frameBytes: Uint8Array,
    sessionId: string,
    { inputSize, arrivedMs = performance.now() }: {
      inputSize?: Size | undefined;
      arrivedMs?: number;
    } = {},
  ): Promise<PipelineResult> {
    const definition = this.#definition(pipelineId);
    const started = performance.now();
    const isReading = readsText(definition);
    const { promise: isDetected, resolve } = Promise.withResolvers<void>();
    if (isReading) this.#streamText.offer(sessionId, frameIndex, frameBytes, isDetected);
    const task = { pipelineId, picture: frameBytes, inputSize };
    const detected = await this.#detect(task, { sessionId }).finally(resolve);
    // By the time of the frame, not of the answer: how long that took has nothing to do with how things move.
    this.follow(sessionId, detected.outcome.findings.detections, arrivedMs);
    const result = this.#toResult(definition, detected, started);
    if (!isReading) return result;
    const { textBlocks, frameIndex: readFrom, ocrMs } = this.#streamText.take(sessionId);
    return addText(result, textBlocks, readFrom, ocrMs);
  }

  /** Whether `runOnImage` would take one more picture now. */
  get takesImages(): boolean {
    return this.#images < MAX_IMAGES;
  }

  /**
   * Runs a pipeline on a single picture, its text included. Frames of streams go first.
   *
   * @param bytes The encoded picture; not to be used afterwards, since its memory goes to a worker.
   * @throws {OverloadedError} If too many pictures wait already.
   * @throws As `runOnFrame` does.
   */
  async runOnImage(pipelineId: string, bytes: Uint8Array): Promise<PipelineResult> {
    if (!this.takesImages) throw new OverloadedError("Too many images wait already");
    this.#images += 1;
    try {
      // One session for all, since nobody knows whether two of them come from the same client.
      const turn = { sessionId: "images", priority: "image", mostAtOnce: Infinity } as const;
      return await this.#runOnPicture(pipelineId, 1, bytes, turn);
    } finally {
      this.#images -= 1;
    }
  }

  /**
   * Runs a pipeline on a frame of a video, its text included; several frames of a video may run at once. Frames of streams
   * and single pictures go first.
   *
   * @param sessionId The video; its frames take turns with those of other videos.
   * @param frameIndex Number of the frame in the video, from 0.
   * @param image Not to be used afterwards, since its memory goes to a worker.
   * @param signal Gives the frame up while it waits, once it is aborted.
   * @throws As `runOnFrame` does, and the reason of `signal`.
   */
  runOnPixels(
    pipelineId: string,
    sessionId: string,
    frameIndex: number,
    image: PixelImage,
    signal?: AbortSignal,
  ): Promise<PipelineResult> {
    const turn = { sessionId, priority: "job", mostAtOnce: Infinity, signal } as const;
    return this.#runOnPicture(pipelineId, frameIndex, image, turn);
  }

  /**
   * Gives the objects of a stream or a video that are followed a `track_id` that stays with them from one frame to the next.
   *
   * Streams are followed by `runOnFrame` already.
   *
   * @param detections Those of the next frame; changed.
   * @param timestampMs When the frame was taken, in milliseconds of the session's own steady clock.
   */
  follow(sessionId: string, detections: Detection[], timestampMs: number): void {
    if (!this.#options.tracking) return;
    const tracker = this.#trackers.getOrInsertComputed(sessionId, () => new Tracker());
    const ids = tracker.update(detections, timestampMs);
    for (const [index, detection] of detections.entries()) {
      const id = ids[index];
      if (id === undefined) delete detection.track_id;
      else detection.track_id = id;
    }
  }

  /** Forgets what is known of a stream or a video. */
  endSession(sessionId: string): void {
    this.#streamText.endSession(sessionId);
    this.#trackers.delete(sessionId);
  }

  /** The state of each worker; empty before the start. */
  workers(): WorkerStatus[] {
    return this.#detection?.workers() ?? [];
  }

  /** Number of frames that wait for a worker. */
  get waiting(): number {
    return this.#detection?.waiting ?? 0;
  }

  /** Looks at a picture of which is known what is on it, and tells whether that was found; see {@linkcode findsCanary}. */
  async checkCanary(): Promise<boolean> {
    // The shortest one, since reading text would only take time.
    const pipeline = [...this.#definitions.values()].filter(usesDetector)
      .toSorted((a, b) => a.nodes.length - b.nodes.length)[0];
    const layout = this.#detection?.layout;
    if (pipeline === undefined || layout === undefined) return false;
    return await findsCanary(
      (picture) => this.#runOnPicture(pipeline.id, 1, picture, { sessionId: "canary" }),
      layout.labels,
      this.#options.confidence,
    );
  }

  async #start(): Promise<void> {
    const { inputSize, otherInputSizes, confidence, iou, maxPixels } = this.#options;
    const { workers, threads, frameTimeoutMs, onRestart } = this.#options;
    const pipelines = [...this.#definitions.values()];
    const shared = {
      maxPixels,
      ...(frameTimeoutMs !== undefined && { frameTimeoutMs }),
      ...(onRestart !== undefined && { onRestart }),
    };
    this.#detection = new DetectionPool({
      ...shared,
      pipelines,
      canary: CANARY,
      modelPath: this.#modelPath(),
      inputSizes: [inputSize, ...otherInputSizes],
      confidence,
      iou,
      fixedPlan: {
        ...(workers !== undefined && { workers }),
        ...(threads !== undefined && { threads }),
      },
    });
    await this.#detection.start();
    if (!pipelines.some(readsText)) return;
    if (this.#starting === undefined) throw new Error("The service was stopped while it started");
    this.#text = new TextPool({ ...shared, modelDir: this.#options.modelDir });
    await this.#text.start();
  }

  #definition(pipelineId: string): PipelineDefinition {
    const definition = this.#definitions.get(pipelineId);
    if (definition !== undefined) return definition;
    throw new RangeError(`Cannot run the pipeline "${pipelineId}": unknown`);
  }

  async #runOnPicture(
    pipelineId: string,
    frameIndex: number,
    picture: ImageInput,
    turn: Turn,
  ): Promise<PipelineResult> {
    const definition = this.#definition(pipelineId);
    const started = performance.now();
    const reading = readsText(definition) ? this.#read(copyOf(picture), turn) : undefined;
    // Awaited only after the detection, whose failure must not leave this one's unhandled.
    reading?.catch(() => {});
    const detected = await this.#detect({ pipelineId, picture }, turn);
    const result = this.#toResult(definition, detected, started);
    if (reading === undefined) return result;
    const { textBlocks, stages } = await reading;
    const read = addText(result, textBlocks, frameIndex, stages.ocr);
    const total = roundToTenths(performance.now() - started);
    return { ...read, timings_ms: { ...read.timings_ms, total } };
  }

  #detect(task: DetectTask, turn: Turn): Promise<PoolResult<RunOutcome>> {
    return this.#detection?.run(task, turn) ?? Promise.reject(notRunning());
  }

  #read(picture: ImageInput, turn: Turn): Promise<ReadOutcome> {
    return this.#text?.read(picture, turn) ?? Promise.reject(notRunning());
  }

  #toResult(
    definition: PipelineDefinition,
    detected: PoolResult<RunOutcome>,
    started: number,
  ): PipelineResult {
    return describeDetection(detected, started, {
      detector: usesDetector(definition) ? this.#detectorInfo().name : null,
      recognizer: readsText(definition) ? RECOGNIZER_NAME : null,
    });
  }

  #modelPath(): string {
    const { model, modelDir } = this.#options;
    const entry = findModel(model);
    return entry === undefined ? model : join(modelDir, entry.file);
  }

  #detectorInfo(): PipelineModel {
    const path = this.#modelPath();
    const entry = findModel(this.#options.model);
    return {
      name: entry?.id ?? basename(path, ".onnx"),
      file: basename(path),
      licence: entry?.licence ?? null,
      input_size: this.#detection?.layout?.input ?? null,
    };
  }
}

function notRunning(): PipelineError {
  return new PipelineError({ cause: new Error("The service is not running") });
}

function copyOf(picture: ImageInput): ImageInput {
  return picture instanceof Uint8Array
    ? new Uint8Array(picture)
    : { ...picture, pixels: new Uint8Array(picture.pixels) };
}
