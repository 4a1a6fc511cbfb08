import type { TextModelName } from "../config.ts";
import type { DeviceChoice } from "../devices/choose_device.ts";
import { ImageDecodeError, ImageTooLargeError } from "../image/errors.ts";
import { jpegSize } from "../image/jpeg_header.ts";
import type { ImageInput } from "../image/pixel_image.ts";
import type { Precision } from "../models/specialized_model.ts";
import type { ModelInfo } from "../protocol/model_list.ts";
import type { PipelineResult } from "../protocol/result.ts";
import type { Turn, WorkerStatus } from "../workers/worker_pool.ts";
import type { PlanMeasurement, WorkerPlan } from "./autotune.ts";
import { findsCanary } from "./canary.ts";
import { OverloadedError } from "./errors.ts";
import { fingerprint } from "./fingerprint.ts";
import { IntervalNodes, type LatestValue } from "./interval_nodes.ts";
import { awaitValues, runFrame, type RunSegment } from "./pipeline_executor.ts";
import { listModels } from "./list_models.ts";
import type { SingleImage, StreamFrame, VideoFrame, VideoResult } from "./pipeline_input.ts";
import { abilitiesOf, type PipelineAbilities } from "./pipeline_abilities.ts";
import type { PipelineInfo } from "./pipeline_info.ts";
import {
  type CompleteOptions,
  completeOptions,
  type PipelineServiceOptions,
} from "./pipeline_options.ts";
import { PipelinePools } from "./pipeline_pools.ts";
import { PipelineRegistry } from "./pipeline_registry.ts";
import { detectingNode, type PlannedNode, trackerOfResult } from "./pipeline_plan.ts";
import { modelOf } from "./steps.ts";
import { SessionTrackers } from "./session_trackers.ts";
import type { LocalWorkers, SegmentDispatcher, SegmentRun } from "./segment_dispatcher.ts";
import type { MainContext, NodeValue, PoolName } from "./step.ts";
import { type StreamText, TextMemories } from "./text_memories.ts";
import { type ResultParts, toResult } from "./to_result.ts";

/** Most single images that are looked at or wait for it at once; the last waits for some seconds. */
const MAX_IMAGES = 32;

/**
 * Runs pipelines on images: the one way in, for streams, single images and videos alike.
 *
 * @example
 * ```ts
 * const service = new PipelineService({ modelDir: "./models" });
 * await service.start();
 * const bytes = await Deno.readFile("dog.jpg");
 * const { detections } = await service.runOnImage({ pipelineId: "yolo_only", bytes });
 * service.stop();
 * ```
 */
export class PipelineService {
  /** The pipelines that there are. */
  readonly registry: PipelineRegistry;
  readonly #options: CompleteOptions;
  readonly #pools: PipelinePools;
  readonly #trackers = new SessionTrackers();
  readonly #texts = new TextMemories();
  readonly #intervals = new IntervalNodes(
    async ({ pipelineId, sessionId, segment, priority: ofFrames, image, given, text }) => {
      const [{ id }] = segment.nodes;
      // The stream's own frames go before it; reading has a worker of its own.
      const priority = segment.pool === "detection" ? "image" : ofFrames;
      const run = this.#runner(pipelineId, { sessionId, priority }, { text });
      const { outcome } = await run(segment, image, given);
      return { value: outcome.values[id], ms: outcome.times[id] };
    },
    (pool) => Math.min(1, this.#pools.load(pool).workers) + this.#workersElsewhere(pool),
  );
  #dispatcher: SegmentDispatcher | undefined;
  #images = 0;

  /**
   * Reads the definitions of pipelines; `start` loads the models.
   *
   * @throws {DefinitionError} If a definition is not valid.
   * @throws {RangeError} If an option is out of its range.
   * @throws {ModelError} If the licence of a model is not allowed.
   */
  constructor(options: PipelineServiceOptions) {
    this.#options = completeOptions(options);
    this.registry = new PipelineRegistry(this.#options);
    this.#pools = new PipelinePools(this.registry, this.#options);
  }

  /**
   * Loads the models and starts the workers; later calls await the first.
   *
   * @throws {ModelError} If a model file is not there, or cannot be used; a `DefinitionError` if a node names that model.
   */
  start(): Promise<void> {
    return this.#pools.start();
  }

  /** Ends the workers; frames that are not finished fail. */
  stop(): void {
    this.#pools.stop();
  }

  /** From now on has every part of a frame dispatched, so that other machines may compute it too. */
  dispatchWith(dispatcher: SegmentDispatcher): void {
    this.#dispatcher = dispatcher;
  }

  /** The workers of this machine. */
  get localWorkers(): LocalWorkers {
    return this.#pools;
  }

  /** What results depend on besides the frames; equal for services that give the same. Call it after the start. */
  async fingerprint(): Promise<string> {
    return fingerprint(this.#options, {
      pipelines: this.registry.definitions,
      models: await this.#pools.modelHashes(),
      textModel: this.textModel,
    });
  }

  /** Whether a pipeline of this id exists. */
  isValidPipeline(id: string): boolean {
    return this.registry.has(id);
  }

  /** Describes a pipeline; `undefined` for an unknown id. */
  getPipeline(id: string): PipelineInfo | undefined {
    return this.registry.describe(id, (model) => this.#pools.modelInfo(model), this.textModel);
  }

  /** What a pipeline can find, without tracks where objects are not followed. @throws {RangeError} If there is none of this id. */
  abilities(id: string): PipelineAbilities {
    const labelsOf = (model?: string) => this.#pools.detectorOf(model)?.layout.labels;
    const { follows, ...others } = abilitiesOf(this.registry.plan(id), labelsOf);
    return { ...others, follows: follows && this.#options.tracking };
  }

  /** The models that there are, with what is known of each. */
  listModels(): Promise<ModelInfo[]> {
    return listModels(this.#options, this.registry, this.#pools);
  }

  /**
   * Runs a pipeline on a frame of a stream. Nodes with an interval run beside it, so the result holds their last output.
   *
   * @throws {RangeError} If there is no such pipeline.
   * @throws {ImageDecodeError} If the frame is not an image.
   * @throws {ImageTooLargeError} If the image has too many pixels.
   * @throws {PipelineError} If the pipeline fails, or the service is not running.
   */
  async runOnFrame(frame: StreamFrame): Promise<PipelineResult> {
    const { pipelineId, sessionId, frameIndex, bytes, quality, priority = "stream" } = frame;
    const startedMs = performance.now();
    const plan = this.registry.plan(pipelineId);
    const isAlone = plan.stream.segments.length === 0;
    const besides = plan.intervals.map(({ nodes: [node] }) => node);
    // If no other node decodes the frames, none of them can report that they are not images.
    const failure = isAlone && besides.map((node) => this.#intervals.takeFailure(sessionId, node))
      .find(isImageError);
    if (failure) throw failure;
    // It throws for what is no JPEG, so it comes before what waits for the end of this frame.
    const size = isAlone ? jpegSize(bytes) : undefined;
    const text = this.#texts.of(sessionId);
    const values = new Map<PlannedNode, Promise<NodeValue>>();
    const { promise: isThrough, resolve } = Promise.withResolvers<void>();
    for (const segment of plan.intervals) {
      const given = isThrough.then(() => awaitValues(segment.needs, values));
      given.catch(() => {});
      const frame = { frameIndex, priority, frame: bytes, given, text };
      this.#intervals.offer({ pipelineId, sessionId, segment, ...frame });
    }
    const ages = new Map(besides.map((node) => [node, this.#intervals.take(sessionId, node)]));
    const run = {
      plan: plan.stream,
      image: bytes,
      size,
      latest: latestValues(ages),
      runSegment: this.#runner(pipelineId, { sessionId, priority }, { inputSize: quality, text }),
      context: this.#contextOf(sessionId, frame.arrivedMs ?? startedMs),
    };
    const outcome = await runFrame(plan, run, (node, value) => values.set(node, value))
      .finally(resolve);
    const result = this.#toResult({ plan, outcome, frameIndex, startedMs, ages });
    const input = outcome.segments.find(({ outcome }) => outcome.input)?.outcome.input;
    return quality && input ? { ...result, quality: { ...quality, ...input } } : result;
  }

  /** Whether `runOnImage` would take one more image now. */
  get takesImages(): boolean {
    return this.#images < MAX_IMAGES;
  }

  /**
   * Runs a pipeline on a single image, every node of it. Frames of streams go first.
   *
   * The image is turned upright as its EXIF orientation says: the result's size and coordinates are those of what people see.
   *
   * @throws {OverloadedError} If too many images wait already.
   * @throws As `runOnFrame` does.
   */
  async runOnImage({ pipelineId, bytes }: SingleImage): Promise<PipelineResult> {
    if (!this.takesImages) throw new OverloadedError("Too many images wait already");
    this.#images += 1;
    try {
      // One session for all, since it is unknown whether two of them come from the same client.
      const turn = { sessionId: "images", priority: "image", mostAtOnce: Infinity } as const;
      return await this.#runWhole(pipelineId, 1, bytes, turn, { upright: true });
    } finally {
      this.#images -= 1;
    }
  }

  /**
   * Runs a pipeline on a frame of a video, every node of it but for `track`, which needs the frames in their order: see
   * `follow`. Frames of streams and single images go first.
   *
   * @throws As `runOnFrame` does, and the reason of `signal`.
   */
  runOnPixels(frame: VideoFrame): Promise<PipelineResult> {
    const { pipelineId, sessionId, frameIndex, image, signal } = frame;
    const turn = { sessionId, priority: "job", mostAtOnce: Infinity, signal } as const;
    return this.#runWhole(pipelineId, frameIndex, image, turn);
  }

  /**
   * Tracks the objects of a video, if its pipeline does so: gives them a `track_id` that they keep from one frame to the next.
   * For streams, `runOnFrame` does this already.
   */
  follow({ pipelineId, sessionId, result, timestampMs }: VideoResult): void {
    const node = trackerOfResult(this.registry.plan(pipelineId));
    if (node === undefined) return;
    const { track } = this.#contextOf(sessionId, timestampMs);
    result.detections = track(node.id, result.detections, result.image);
  }

  /** Forgets everything about a stream or a video. */
  endSession(sessionId: string): void {
    this.#intervals.endSession(sessionId);
    this.#trackers.endSession(sessionId);
    this.#texts.endSession(sessionId);
  }

  /** The text model: the one that was asked for or, once the service has started and that is missing, its fallback. */
  get textModel(): TextModelName {
    return this.#pools.textModel;
  }

  /** What runs the detector; `undefined` until that is decided, early in the start. */
  get device(): DeviceChoice | undefined {
    return this.#pools.device;
  }

  /** How inference is spread over the cores; see {@linkcode DetectionPool.plans}. */
  get plans(): readonly (WorkerPlan | PlanMeasurement)[] {
    return this.#pools.plans;
  }

  /** What the detector computes with; `undefined` before the start. */
  get precision(): Precision | undefined {
    return this.#pools.precision;
  }

  /** The state of each worker; empty before the start. */
  workers(): WorkerStatus[] {
    return this.#pools.workers();
  }

  /** Number of frames that wait for a worker. */
  get waiting(): number {
    return this.#pools.waiting;
  }

  /** Runs detection on an image with known content, and returns whether that was found; see {@linkcode findsCanary}. */
  async checkCanary(): Promise<boolean> {
    const id = this.registry.simplest();
    const { labels } = this.#pools;
    if (id === undefined || labels === undefined) return false;
    const look = (image: Uint8Array) => this.#runWhole(id, 1, image, { sessionId: "canary" });
    return await findsCanary(look, labels, this.#options.confidence);
  }

  async #runWhole(
    pipelineId: string,
    frameIndex: number,
    image: ImageInput,
    turn: Turn,
    options: { upright?: boolean } = {},
  ): Promise<PipelineResult> {
    const startedMs = performance.now();
    const plan = this.registry.plan(pipelineId);
    const outcome = await runFrame(plan, {
      plan: plan.whole,
      image,
      latest: new Map(),
      runSegment: this.#runner(pipelineId, turn, options),
      // Nothing is known of an image before this one.
      context: { track: (_, detections) => [...detections] },
    });
    return this.#toResult({ plan, outcome, frameIndex, startedMs, ages: new Map() });
  }

  #runner(
    pipelineId: string,
    turn: Turn,
    { text, ...options }: Pick<SegmentRun, "inputSize" | "upright"> & { text?: StreamText },
  ): RunSegment {
    return async ({ pool, nodes: planned }, image, given) => {
      const nodes = planned.map(({ id }) => id);
      const remembered = pool === "reading" ? text : undefined;
      const memory = remembered?.get(nodes);
      const run = { ...options, pipelineId, pool, nodes, image, given, turn, memory };
      const result = await (this.#dispatcher?.dispatch(run, this.#pools) ?? this.#pools.run(run));
      if (result.outcome.memory) remembered?.set(nodes, result.outcome.memory);
      return result;
    };
  }

  #workersElsewhere(pool: PoolName): number {
    return this.#dispatcher?.workersElsewhere(pool) ?? 0;
  }

  #contextOf(sessionId: string, timestampMs: number): Pick<MainContext, "track"> {
    if (!this.#options.tracking) return { track: (_, detections) => [...detections] };
    const trackers = this.#trackers.of(sessionId);
    return {
      track: (id, detections, size) => trackers.follow(id, detections, { size, timestampMs }),
    };
  }

  #toResult(parts: Omit<ResultParts, "models">): PipelineResult {
    const looking = detectingNode(parts.plan);
    const names = looking && this.#pools.keypointNames(modelOf(looking.params));
    return toResult({
      ...parts,
      models: {
        detector: looking ? this.#pools.modelInfo(modelOf(looking.params)).name : null,
        recognizer: parts.plan.pools.has("reading") ? this.textModel : null,
        ...(names !== undefined && { keypoint_names: [...names] }),
      },
    });
  }
}

/** The last output of each node; nothing found if it has not run yet. */
function latestValues(
  ages: ReadonlyMap<PlannedNode, LatestValue>,
): Map<PlannedNode, NodeValue> {
  return new Map([...ages].map(([node, { value = [] }]) => [node, value]));
}

const isImageError = (error: unknown) =>
  error instanceof ImageDecodeError || error instanceof ImageTooLargeError;
