/**
 * One camera: when it is on, and what is known of it.
 *
 * @module
 */

import type { EventSource } from "../events/event_sink.ts";
import { SourceWatch } from "../events/source_watch.ts";
import type { CameraQuality } from "../protocol/camera.ts";
import type { CameraDefinition } from "../protocol/camera_definition.ts";
import type { RuleCounts } from "../protocol/rule.ts";
import type { StreamState } from "../protocol/session.ts";
import type { ResultMessage } from "../protocol/stream.ts";
import type { CameraStateMessage } from "../protocol/viewer.ts";
import type { StreamSession } from "../streaming/stream_session.ts";
import { logEvent } from "../telemetry/log.ts";
import type { CameraContext } from "./camera_context.ts";
import { CameraRun } from "./camera_run.ts";
import type { CameraElsewhere } from "./camera_elsewhere.ts";
import type { CameraSource, Failure } from "./camera_source.ts";
import { CameraMeters } from "./camera_meters.ts";
import { describeFailure, UnknownPipeline } from "./describe_failure.ts";
import { HlsPlayback } from "./hls_playback.ts";
import { AnsweredFrame, FrameRelay } from "./frame_relay.ts";
import { SourceNumbers } from "./source_numbers.ts";

/**
 * A camera, which is on while somebody looks at it, or always.
 *
 * It has one stream, session and audience for its whole life, so that those who watch stay connected whatever happens to its source.
 */
export class Camera {
  /** Where its frames come from and who watches them; in the registry of sessions while it is on. */
  readonly stream: StreamSession;
  /** Its newest frame. */
  readonly frames: FrameRelay = new FrameRelay();
  /** Its video. */
  readonly hls: HlsPlayback;
  /** Whether it comes from `CAMERAS_FILE`. */
  readonly readOnly: boolean;
  readonly #context: CameraContext;
  readonly #meters: CameraMeters;
  readonly #watch: SourceWatch;
  #definition: CameraDefinition;
  #elsewhere: CameraElsewhere | undefined;
  #forced: "on" | "off" | undefined;
  #run: CameraRun | undefined;
  /** Resolves when nothing is left of the run. */
  #off: Promise<void> = Promise.resolve();
  #source: CameraSource | undefined;
  #info: CameraSource["info"] | undefined;
  #grace: ReturnType<typeof setTimeout> | undefined;
  /** When it is tried again, in milliseconds since the epoch; `undefined` unless it waits for that. */
  #retryAt: number | undefined;
  #sourceDrops = 0;
  readonly #sourceNumbers = new SourceNumbers();
  #restarts = 0;
  #isClosed = false;

  /** Begins off; {@linkcode begin} lets it start. */
  constructor(definition: CameraDefinition, readOnly: boolean, context: CameraContext) {
    this.#definition = definition;
    this.readOnly = readOnly;
    this.#context = context;
    this.#meters = new CameraMeters(definition.id);
    this.#watch = new SourceWatch(sourceOf(definition), definition.rules, context.events);
    this.stream = context.streams.createCameraStream(definition, definition.pipeline_id, {
      bufferedAmount: 0,
      send() {},
      // The server stops.
      close: () => this.#run?.stop(),
      failed: (code, detail) => this.#run?.notePipelineFailure({ code, detail }),
      answered: (message, jpeg, arrivedMs) => {
        this.#run?.noteResult();
        this.#meters.answered();
        this.#publish(message, jpeg);
        const index = this.#sourceNumbers.get(message.frame_index);
        if (index !== undefined) this.hls.annotate(index, message.result);
        this.#watch.observe(message.result, { jpeg, arrivedMs });
      },
    });
    this.hls = new HlsPlayback({
      dataDirectory: context.dataDirectory,
      id: definition.id,
      join: () => this.join(),
      hasFailed: () => !this.isOn || this.stream.session.state === "failed",
    });
    this.stream.session.onClientsChange = (count) => {
      this.#meters.setClients(count);
      this.#reconcile();
    };
  }

  /** As it was defined. */
  get definition(): CameraDefinition {
    return this.#definition;
  }

  /** What its source says of itself; `undefined` before it was opened. */
  get info(): CameraSource["info"] | undefined {
    return this.#info;
  }

  /** How often it was started again after a failure. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Frames that nobody has looked at. */
  get droppedFrames(): number {
    const inSource = this.#sourceDrops + (this.#source?.droppedFrames ?? 0);
    return inSource + this.stream.session.droppedFrames;
  }

  /** What its rules have counted. */
  get counts(): RuleCounts[] {
    return this.#watch.counts;
  }

  /** The qualities in which it is played; none while nobody does. */
  get qualities(): CameraQuality[] {
    if (!this.hls.isPlaying || this.#info === undefined) return [];
    const { folder } = this.hls;
    return this.#context.hlsQualities(this.#info).map(({ level, bitrate, width, height }) => ({
      level,
      bitrate,
      resolution: `${width}x${height}`,
      segment_path: folder,
      playlist_path: `${folder}/${level}.m3u8`,
    }));
  }

  /** Frames a second that were answered, over the last seconds. */
  get answeredFps(): number {
    return this.#run === undefined ? 0 : this.#meters.answeredFps;
  }

  /** For how long it has been active without a break, in milliseconds. */
  get uptimeMs(): number {
    const since = this.#run?.activeSince;
    return since === undefined ? 0 : performance.now() - since;
  }

  /** Whether it is on, or going on or off, or goes on for whoever looks where another server runs it. */
  get isOn(): boolean {
    return this.#elsewhere?.mayGiveFrames ?? this.#run !== undefined;
  }

  /** How it is reached while another server runs it; `undefined` where this one does. */
  get elsewhere(): CameraElsewhere | undefined {
    return this.#elsewhere;
  }

  set elsewhere(elsewhere: CameraElsewhere | undefined) {
    if (this.#elsewhere === elsewhere) return;
    this.#elsewhere?.clientsChanged(0);
    this.#elsewhere = elsewhere;
    this.#reconcile();
  }

  /** Whether it is kept on or off, whoever looks at it; `undefined` for neither. */
  get forced(): "on" | "off" | undefined {
    return this.#forced;
  }

  /** Where it stands, as its viewers are told. */
  get stateMessage(): CameraStateMessage {
    if (this.#elsewhere !== undefined) return this.#elsewhere.stateMessage;
    const { state, lastError } = this.stream.session;
    return {
      state,
      last_error: state === "failed" ? lastError : null,
      retry_at: this.#retryAt === undefined ? null : new Date(this.#retryAt).toISOString(),
    };
  }

  /** Starts it if it is always to be on. */
  begin(): void {
    this.#reconcile();
  }

  /** Counts a client in that looks at it in another way than by a WebSocket; the returned function counts it out, once. */
  join(): () => void {
    const { session } = this.stream;
    session.incrementClients();
    let isIn = true;
    return () => {
      if (isIn) session.decrementClients();
      isIn = false;
    };
  }

  /** Keeps it on or off, whoever looks at it, until it is told otherwise or changed; `undefined` for neither. */
  force(state: "on" | "off" | undefined): void {
    this.#forced = state;
    this.#reconcile();
  }

  /** Changes it; where that needs it, it goes off and on again. */
  change(definition: CameraDefinition): void {
    const before = this.#definition;
    this.#definition = definition;
    this.#forced = undefined;
    this.stream.session.camera = definition;
    this.#watch.change(sourceOf(definition), definition.rules);
    const needsRestart = before.url !== definition.url || before.fps !== definition.fps ||
      before.pipeline_id !== definition.pipeline_id;
    if (needsRestart) {
      this.#watch.pause();
      this.#info = undefined;
      if (this.#run === undefined) this.stream.session.pipelineId = definition.pipeline_id;
      else this.#run.stop();
    }
    this.#reconcile();
  }

  /** Passes on to those who watch what the server that runs it has sent, with the frame that it answers. */
  relay(text: string, frame?: Uint8Array<ArrayBuffer>): void {
    if (frame !== undefined) this.#publish(JSON.parse(text), frame);
    this.stream.audience.send(text, frame);
    this.frames.wake();
  }

  /** Notes a change of its state, and tells those who watch. */
  stateChanged(from: StreamState, to: StreamState): void {
    this.#meters.setState(to);
    const { id } = this.#definition;
    logEvent("info", "camera_state", `Camera ${id} is ${to}`, { camera: id, from, to });
    this.stream.audience.send(JSON.stringify(this.stateMessage));
    this.frames.wake();
  }

  /** Ends it for good: those who watch are closed, and nothing runs any more afterwards. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#grace);
    this.#elsewhere?.clientsChanged(0);
    this.hls.end();
    this.#run?.stop();
    this.frames.close();
    await this.#off;
    this.stream.disconnected();
    this.#meters.remove();
  }

  #publish(message: ResultMessage, jpeg: Uint8Array<ArrayBuffer>): void {
    this.frames.publish(new AnsweredFrame(jpeg, message, this.#context.draw));
  }

  get #isWanted(): boolean {
    if (this.#elsewhere !== undefined) return false;
    if (this.#forced !== undefined) return this.#forced === "on";
    return this.#definition.always || this.stream.session.clientCount > 0;
  }

  /** Starts or stops it as it is wanted. */
  #reconcile(): void {
    clearTimeout(this.#grace);
    if (this.#isClosed) return;
    this.#elsewhere?.clientsChanged(this.stream.session.clientCount);
    if (this.#isWanted) this.#start();
    else if (this.#forced === "off" || this.#elsewhere !== undefined) this.#run?.stop();
    else if (this.#run !== undefined) {
      this.#grace = setTimeout(() => this.#run?.stop(), this.#context.idleGraceMs);
    }
  }

  #start(): void {
    if (this.#run !== undefined) return;
    const { streams } = this.#context;
    this.stream.session.pipelineId = this.#definition.pipeline_id;
    streams.enter(this.stream);
    this.#run = new CameraRun({
      stream: this.stream,
      open: (signal) => this.#open(signal),
      onSource: (source) => this.#noteSource(source),
      onFrame: ({ frameIndex }) =>
        this.#sourceNumbers.set(this.stream.session.frameIndex, frameIndex),
      onFailure: (failure, retryMs) => this.#fail(failure, retryMs),
      onRestart: () => {
        this.#retryAt = undefined;
        this.#restarts += 1;
        this.#meters.restarted();
      },
      describe: (error) =>
        describeFailure(error, this.#definition.url, this.#context.isSourceFailure),
    });
    this.#off = this.#run.ended.catch((error) =>
      logEvent("error", "server_error", "A camera failed unexpectedly", { cause: String(error) })
    ).then(() => {
      this.#run = undefined;
      this.#retryAt = undefined;
      this.frames.clear();
      this.#watch.pause();
      streams.leave(this.stream);
      this.#reconcile();
    });
  }

  async #open(signal: AbortSignal): Promise<CameraSource> {
    const { url, fps, pipeline_id } = this.#definition;
    const { isValidPipeline, openSource, frameSize } = this.#context;
    if (!isValidPipeline(pipeline_id)) throw new UnknownPipeline(pipeline_id);
    return await openSource(url, { fps, frameSize: frameSize(pipeline_id), signal });
  }

  #noteSource(source: CameraSource | undefined): void {
    if (source === undefined) this.#sourceDrops += this.#source?.droppedFrames ?? 0;
    else this.#info = source.info;
    this.#source = source;
    this.#sourceNumbers.clear();
    this.hls.setSource(source);
  }

  #fail({ code, detail, cause }: Failure, retryMs: number): void {
    this.#retryAt = Date.now() + retryMs;
    const { id } = this.#definition;
    const fields = { camera: id, code, retry_s: retryMs / 1000, ...(cause && { cause }) };
    logEvent("warning", "camera_error", `Camera ${id}: ${detail}`, fields);
    this.stream.session.transitionTo("failed");
  }
}

function sourceOf({ id, name }: CameraDefinition): EventSource {
  return { cameraId: id, name };
}
