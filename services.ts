/**
 * The parts of the server and how they are joined.
 *
 * @module
 */

import type { EventSink } from "./lib/events/event_sink.ts";
import { RuleDesk } from "./lib/events/rule_desk.ts";
import { CameraService } from "./lib/cameras/camera_service.ts";
import { type Config, PIPELINE_DEFAULTS } from "./lib/config.ts";
import { EventService } from "./lib/events/event_service.ts";
import { BodyReader } from "./lib/http/body_reader.ts";
import { imageMemory } from "./lib/http/image_body.ts";
import { SharedAnswer } from "./lib/http/shared_answer.ts";
import { drawOverlay } from "./lib/image/draw_findings.ts";
import { ImageDecodeError, ImageTooLargeError } from "./lib/image/errors.ts";
import { makeThumbnail } from "./lib/image/thumbnail.ts";
import { logStart } from "./lib/pipeline/log_start.ts";
import type { PipelineAbilities } from "./lib/pipeline/pipeline_abilities.ts";
import { PipelineService } from "./lib/pipeline/pipeline_service.ts";
import { videoFrameSize } from "./lib/pipeline/video_frame_size.ts";
import type { Health } from "./lib/protocol/health.ts";
import { qualityLadder } from "./lib/streaming/adaptive_quality.ts";
import type { Cluster } from "./lib/cluster/cluster.ts";
import type { NodeRole } from "./lib/cluster/cluster_messages.ts";
import { OverloadedError } from "./lib/pipeline/errors.ts";
import {
  FrameDroppedError,
  type FrameProcessor,
  InvalidFrameError,
} from "./lib/streaming/frame_processor.ts";
import { MemoryBudget } from "./lib/streaming/memory_budget.ts";
import { StreamSnapshots } from "./lib/streaming/stream_snapshots.ts";
import { StreamServer } from "./lib/streaming/stream_server.ts";
import { measureEventLoopLag } from "./lib/telemetry/event_loop_lag.ts";
import { logEvent } from "./lib/telemetry/log.ts";
import { metricsRegistry, pipelineMetrics, videoMetrics } from "./lib/telemetry/metrics.ts";
import type { FrameBounds } from "./lib/video/decode/display_geometry.ts";
import { hlsVariants } from "./lib/video/decode/hls_variants.ts";
import { LiveDecoder } from "./lib/video/decode/live_decoder.ts";
import { SourceError } from "./lib/video/decode/source_error.ts";
import type { VideoFrameProcessor } from "./lib/video/video_frame_processor.ts";
import { VideoService } from "./lib/video/video_service.ts";
import project from "./deno.json" with { type: "json" };

/** Version of livesyte. */
export const VERSION: string = project.version;

/** Part of the memory for frames that request bodies may take of it. */
const BODIES_SHARE = 1 / 8;

/** How long the canary's answer is kept, so that asking for it without end costs nothing. */
const CANARY_KEPT_MS = 5000;

/** How long frames in flight may take when the server stops. */
const STOP_TIMEOUT_MS = 5000;

/** Everything that lives as long as the server. */
export class Services {
  /** The settings that the server was started with. */
  readonly config: Config;
  /** Runs pipelines, for streams, video jobs and single images. */
  readonly pipelines: PipelineService;
  /** The streams that are open, and those who watch them. */
  readonly streams: StreamServer;
  /** Small images of what the streams show. */
  readonly snapshots: StreamSnapshots;
  /** Reads request bodies, within a share of the memory for frames. */
  readonly bodies: BodyReader;
  /** The pipelines in the form in which videos ask for them. */
  readonly videoProcessor: VideoFrameProcessor;
  /** The video jobs and their files. */
  readonly videos: VideoService;
  /** The rules that streams, cameras and videos may look with. */
  readonly rules: RuleDesk;
  /** The cameras that the server opens itself. */
  readonly cameras: CameraService;
  /** What rules have noticed. */
  readonly events: EventService;
  #cluster: Cluster | undefined;
  readonly #createdAt = performance.now();
  readonly #canary = new SharedAnswer(() => this.pipelines.checkCanary(), CANARY_KEPT_MS);
  #stopMeasuring: (() => void) | undefined;

  /**
   * Joins the parts; the models are loaded by `start`.
   *
   * @param processor What streams run their frames on; the pipelines of this process by default
   * @param events Takes what rules notice; by default it is kept, told and sent
   */
  constructor(config: Config, processor?: FrameProcessor, events?: EventSink) {
    this.config = config;
    const qualities = qualityLadder(config.pipeline.inputSize ?? PIPELINE_DEFAULTS.inputSize);
    this.pipelines = createPipelines(config);
    this.videoProcessor = toVideoFrameProcessor(this.pipelines);
    const frames = processor ?? toFrameProcessor(this.pipelines);
    this.streams = new StreamServer(frames, config.stream, qualities);
    this.events = new EventService({
      ...config.events,
      dataDirectory: config.video.dataDirectory,
      reserveBytes: config.video.reserveBytes,
      version: VERSION,
    });
    const sink = events ?? this.events;
    this.rules = new RuleDesk({
      file: config.rulesFile,
      sink,
      abilitiesOf: (id) => this.#abilitiesOf(id),
    });
    this.streams.observers = this.rules;
    const { memoryBudgetBytes, maxFrameBytes, maxFramePixels } = config.stream;
    const shrink = (jpeg: Uint8Array) => makeThumbnail(jpeg, maxFramePixels);
    this.snapshots = new StreamSnapshots(this.streams, shrink);
    // There is room for one image in any case.
    const bodyBytes = Math.max(BODIES_SHARE * memoryBudgetBytes, imageMemory(maxFrameBytes));
    this.bodies = new BodyReader(new MemoryBudget(bodyBytes, this.streams.budget));
    this.videos = new VideoService({
      dataDirectory: config.video.dataDirectory,
      workers: config.video.workers,
      reserveBytes: config.video.reserveBytes,
      isShared: config.cluster !== undefined,
      runs: config.cluster === undefined || config.pipeline.workers !== 0,
      processor: this.videoProcessor,
      frameSize: (pipelineId) => this.videoFrameSize(pipelineId),
      framesAtOnce: () => this.videoFramesAtOnce(),
    });
    this.cameras = new CameraService({
      ...config.camera,
      dataDirectory: config.video.dataDirectory,
      streams: this.streams,
      openSource: (url, options) => LiveDecoder.open(url, options),
      isSourceFailure: (error) => error instanceof SourceError,
      isValidPipeline: (id) => frames.isValidPipeline(id),
      checkRules: (pipelineId, rules) => this.rules.check(rules, pipelineId),
      events: sink,
      frameSize: (pipelineId) => this.videoFrameSize(pipelineId),
      hlsQualities: hlsVariants,
      draw: drawOverlay,
    });
  }

  /**
   * Loads the models, starts the workers, and goes on with interrupted video jobs.
   *
   * @throws {StorageUnavailableError} If the data directory cannot be used
   * @throws {ModelError} If a model cannot be used
   */
  async start(): Promise<void> {
    // First, since it takes no time to say no.
    await this.videos.prepare();
    await this.cameras.load();
    await this.rules.load();
    await this.events.start();
    this.#stopMeasuring ??= measureEventLoopLag();
    await this.pipelines.start();
    logStart(this.pipelines, this.config.pipeline.textModel);
    this.rules.checkSets(this.pipelines.registry.list().map(({ id }) => id));
    await this.#joinCluster("serve");
    this.videos.start();
    this.cameras.start();
  }

  /**
   * Loads the models and starts the workers, to compute for others only.
   *
   * @throws {StorageUnavailableError} If the data directory cannot be used
   * @throws {UserError} If a model or the credentials of the cluster cannot be used
   */
  async startWorker(): Promise<void> {
    await this.videos.prepare();
    await this.pipelines.start();
    logStart(this.pipelines, this.config.pipeline.textModel);
    await this.#joinCluster("worker");
    this.videos.start();
  }

  /**
   * Becomes one service with the other machines of a cluster, if one is set. Call it once the pipelines have started.
   *
   * @throws {UserError} If the file with the credentials cannot be used
   */
  async #joinCluster(role: NodeRole): Promise<void> {
    const { cluster: config, stream: { maxFrameBytes } } = this.config;
    if (config === undefined) return;
    // Loaded only here, since most servers are by themselves.
    const { Cluster } = await import("./lib/cluster/cluster.ts");
    this.#cluster = await Cluster.join({
      config,
      role,
      version: VERSION,
      pipelines: this.pipelines,
      registry: role === "serve" ? this.streams.registry : undefined,
      cameras: this.cameras,
      maxFrameBytes,
    });
    this.streams.remote = this.#cluster.streams;
    this.videos.share(this.#cluster.jobs);
  }

  /** What a pipeline finds; anything, where frames run elsewhere than in the pipelines of this process. */
  #abilitiesOf(id: string): PipelineAbilities {
    if (this.pipelines.isValidPipeline(id)) return this.pipelines.abilities(id);
    return { classes: undefined, follows: true, reads: true };
  }

  /** What the frames of a video are to fit within for a pipeline. */
  videoFrameSize(pipelineId: string): FrameBounds {
    return videoFrameSize(this.pipelines.registry, pipelineId, this.config.pipeline.inputSize);
  }

  /** Frames of a video that are under way at once: one with each worker, and one more, so that none has to wait for a frame. */
  videoFramesAtOnce(): number {
    return (this.pipelines.workers().length || (this.#cluster?.workersElsewhere ?? 0)) + 1;
  }

  /** Answers what is in flight, then ends everything. */
  async stop(): Promise<void> {
    const stopped = Promise.all([
      this.cameras.stop(),
      this.streams.stop(STOP_TIMEOUT_MS),
      this.videos.stop(STOP_TIMEOUT_MS),
      this.#cluster?.drain(STOP_TIMEOUT_MS),
    ]).then(() => this.events.stop());
    // A job whose frame hangs in its worker goes on when the worker is ended.
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(timeout.resolve, STOP_TIMEOUT_MS + 1000);
    await Promise.race([stopped, timeout.promise]);
    clearTimeout(timer);
    await this.#cluster?.leave();
    this.pipelines.stop();
    await stopped;
    this.#stopMeasuring?.();
  }

  /** Answer of `GET /metrics`, in the text format of Prometheus. */
  async metrics(): Promise<{ text: string; contentType: string }> {
    const alive = this.pipelines.workers().filter((worker) => worker.alive).length;
    pipelineMetrics.workersAlive.set(alive);
    const { device } = this.pipelines.device ?? {};
    if (device !== undefined) pipelineMetrics.device.set({ device }, 1);
    pipelineMetrics.queueWaiting.set(this.pipelines.waiting);
    await this.events.measure();
    for (const [status, count] of Object.entries(this.videos.health().by_status)) {
      videoMetrics.jobs.set({ status }, count);
    }
    return { text: await metricsRegistry.metrics(), contentType: metricsRegistry.contentType };
  }

  /** Answer of `GET /health`. */
  health(): Health {
    const workers = this.pipelines.workers();
    const alive = workers.filter((worker) => worker.alive).length;
    const cluster = this.#cluster?.health() ?? null;
    // Those without workers of their own can do nothing about it when the others are away.
    const isDead = alive === 0 && (workers.length > 0 || cluster === null);
    const isImpaired = alive < workers.length || cluster !== null && cluster.problems.length > 0;
    return {
      status: isDead ? "unhealthy" : isImpaired ? "degraded" : "healthy",
      version: VERSION,
      uptime_s: Math.round((performance.now() - this.#createdAt) / 1000),
      sessions: {
        active: this.streams.registry.clientStreams,
        max: this.config.stream.maxSessions ?? null,
      },
      pipelines: this.pipelines.registry.list().map(({ id }) => id),
      workers,
      device: this.#deviceInUse(),
      jobs: this.videos.health(),
      cluster,
    };
  }

  #deviceInUse(): Health["device"] {
    if (this.pipelines.device === undefined) return null;
    const { device: name, message: description } = this.pipelines.device;
    return { name, description };
  }

  /**
   * Runs the canary inference, unless it has run a moment ago.
   *
   * @returns Why the server is not ready; `undefined` when it is
   */
  async readiness(): Promise<string | undefined> {
    const { workers } = this.health();
    const areElsewhere = (this.#cluster?.workersElsewhere ?? 0) > 0;
    if (!areElsewhere && !workers.some((worker) => worker.alive)) {
      return "No inference worker is running";
    }
    const found = await this.#canary.get();
    return found ? undefined : "The canary inference did not find what it should";
  }
}

function createPipelines({ pipeline, stream, modelDirectory }: Config): PipelineService {
  const { directory, workers, threads, ...options } = pipeline;
  return new PipelineService({
    ...options,
    modelDir: modelDirectory,
    pipelineDir: directory,
    ...(workers !== undefined && { workers }),
    ...(threads !== undefined && { threads }),
    maxPixels: stream.maxFramePixels,
    onRestart: ({ worker, reason }) => {
      pipelineMetrics.workerRestarts.inc();
      logEvent("error", "worker_restart", "Inference worker replaced", { worker, reason });
    },
  });
}

/** Gives streams the pipelines in the form that they ask for. */
function toFrameProcessor(pipelines: PipelineService): FrameProcessor {
  return {
    isValidPipeline: (id) => pipelines.isValidPipeline(id),
    async runOnFrame(pipelineId, frameIndex, bytes, sessionId, options) {
      try {
        return await pipelines.runOnFrame({ pipelineId, frameIndex, bytes, sessionId, ...options });
      } catch (error) {
        if (error instanceof OverloadedError) {
          throw new FrameDroppedError(error.message, { cause: error });
        }
        // A frame within the limits by its first header can still hold a second, larger one.
        const isInvalid = error instanceof ImageDecodeError || error instanceof ImageTooLargeError;
        throw isInvalid ? new InvalidFrameError(error.message, { cause: error }) : error;
      }
    },
    endSession: (sessionId) => pipelines.endSession(sessionId),
  };
}

/** Gives video jobs the pipelines in the form that they ask for. */
function toVideoFrameProcessor(pipelines: PipelineService): VideoFrameProcessor {
  return {
    runOnPixels: (pipelineId, sessionId, frameIndex, { data: pixels, width, height }, signal) => {
      const image = { pixels, width, height };
      return pipelines.runOnPixels({ pipelineId, sessionId, frameIndex, image, signal });
    },
    follow: (pipelineId, sessionId, result, timestampMs) =>
      pipelines.follow({ pipelineId, sessionId, result, timestampMs }),
    endJob: (jobId) => pipelines.endSession(jobId),
  };
}
