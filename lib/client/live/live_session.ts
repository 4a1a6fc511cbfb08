/** The live session of a page: from frames of a source to results in signals. */

import type { Explanation } from "../explanation.ts";
import { batch, computed, effect, signal, untracked } from "@preact/signals";
import { type CameraChoice, CameraError, listCameras } from "./camera.ts";
import { CameraReturn } from "./camera_return.ts";
import { explainStreamFailure } from "../errors.ts";
import { FpsThrottler } from "./fps_throttler.ts";
import { type CaptureElement, ENCODING_FAILED, FrameEncoder } from "./frame_capture.ts";
import { everyFrame } from "./frame_clock.ts";
import type { LiveSignals } from "./live_signals.ts";
import {
  checkFile,
  explainOpening,
  type LiveSource,
  openCameraSource,
  openFile,
  type SourceElements,
} from "./live_source.ts";
import { fetchPipelines, firstChoice, streamUrl } from "../pipelines.ts";
import type { DropMessage, ResultMessage, ServerMessage } from "../../protocol/stream.ts";
import { RealtimeClient, type RealtimeClientOptions } from "./realtime_client.ts";
import { recall } from "../remember.ts";
import { tabStreamKey } from "./tab_stream_key.ts";
import { currentName, recallName, rememberName } from "./stream_name.ts";
import { appendHistory } from "./stream_history.ts";
import { StatisticsCollector } from "./stream_statistics.ts";
import { isTokenRefused } from "../token.ts";

/** Options for {@linkcode LiveSession}; the defaults are the browser's own. */
export interface LiveSessionOptions
  extends Pick<RealtimeClientOptions, "WebSocket" | "now" | "random" | "isRefused"> {
  /** Address of a pipeline's stream. */
  streamUrl?: (pipelineId: string) => string;
  /** Encodes what an element shows as a JPEG; `null` while it shows nothing. */
  encode?: (element: CaptureElement) => Promise<Uint8Array<ArrayBuffer> | null>;
  /** Asks the server for its pipelines. */
  fetchPipelines?: typeof fetchPipelines;
  /** Calls back for every frame of an element until the returned function is called. */
  everyFrame?: typeof everyFrame;
}

const STATISTICS_INTERVAL_MS = 500;

/**
 * Sends the frames of one source at a time to the chosen pipeline.
 *
 * It is connected exactly while a source runs, a pipeline is chosen and the page is visible, so a change of
 * `signals.pipelineId` reconnects.
 */
export class LiveSession {
  readonly #signals: LiveSignals;
  readonly #client: RealtimeClient;
  readonly #now: () => number;
  readonly #encode: NonNullable<LiveSessionOptions["encode"]>;
  readonly #everyFrame: typeof everyFrame;
  readonly #fetchPipelines: typeof fetchPipelines;
  readonly #isRefused: () => Promise<boolean>;
  readonly #encoder = new FrameEncoder();
  readonly #cameraReturn = new CameraReturn((id) => this.#reopenCamera(id));
  /** Frames that have no answer yet, by their index. */
  readonly #sentFrames = new Map<number, Blob>();
  readonly #visible = signal(true);
  readonly #throttler = new FpsThrottler();
  #statistics = new StatisticsCollector();
  #elements: SourceElements | null = null;
  #source: LiveSource | null = null;
  #lastCamera: CameraChoice | null = null;
  #opening = 0;
  #encoding = false;
  #stopFrames = () => {};

  /** Begins to follow `signals`; it connects to nothing before a source runs. */
  constructor(signals: LiveSignals, options: LiveSessionOptions = {}) {
    this.#signals = signals;
    const streamKey = tabStreamKey();
    recallName(signals);
    this.#now = options.now ?? (() => performance.now());
    this.#encode = options.encode ?? ((element) => this.#encoder.encode(element));
    this.#everyFrame = options.everyFrame ?? everyFrame;
    this.#fetchPipelines = options.fetchPipelines ?? fetchPipelines;
    this.#isRefused = options.isRefused ?? (() => isTokenRefused(location.href));
    this.#client = new RealtimeClient({
      streamUrl: (id) => streamUrl(location.href, id, { name: currentName(signals), streamKey }),
      ...options,
      isRefused: this.#isRefused,
      signals,
      onMessage: (message, roundTripMs) => this.#note(message, roundTripMs),
    });
    this.#connectWhenWanted();
  }

  /** Shows the source; `null` while there is none. */
  get element(): CaptureElement | null {
    return this.#source?.element ?? null;
  }

  /** Takes the frames of `source` from now on. */
  start(source: LiveSource): void {
    this.#letGo();
    this.#source = source;
    this.#statistics = new StatisticsCollector();
    source.onended = (why) => {
      this.fail(why);
      this.#cameraReturn.expect(source.cameraId);
    };
    const stopClock = this.#everyFrame(source.element, (now) => this.#capture(source, now));
    const timer = setInterval(() => this.#publishStatistics(), STATISTICS_INTERVAL_MS);
    this.#stopFrames = () => {
      stopClock();
      clearInterval(timer);
    };
    const { kind, name, cameraId, isMirrored } = source;
    if (cameraId !== null) this.#lastCamera = { preferred: cameraId };
    batch(() => {
      this.#signals.cameraId.value = cameraId;
      this.#signals.stage.value = { phase: "running", kind, name, isMirrored };
    });
  }

  /** Shows sources in these elements from now on. */
  attach(elements: SourceElements): void {
    this.#elements = elements;
  }

  /**
   * Asks for the token where the server wants another one than the page has.
   *
   * @returns Whether the server takes this page.
   */
  async checkToken(): Promise<boolean> {
    const isRefused = await this.#isRefused();
    if (isRefused) this.fail(explainStreamFailure({ code: "unauthorized" }));
    return !isRefused;
  }

  /** Opens a camera, the one used last by default, and takes its frames. */
  async startCamera(choice: CameraChoice | null = this.#lastCamera): Promise<void> {
    const elements = this.#elements;
    if (elements === null) return;
    await this.startWith((isWanted) => openCameraSource(elements.video, choice, isWanted));
    // Only now, with the permission, do browsers tell the cameras' names.
    await this.refreshCameras();
  }

  /** Looks which cameras there are, as they come and go. */
  async refreshCameras(): Promise<void> {
    this.#signals.cameras.value = await listCameras();
  }

  /** Opens an image or a video file and takes its frames. */
  async startFile(file: File): Promise<void> {
    const elements = this.#elements;
    if (elements === null) return;
    this.#signals.fileProblem.value = null;
    try {
      // What runs goes on when somebody chose or dropped the wrong file.
      await checkFile(file);
    } catch (error) {
      const why = explainOpening(error);
      const { phase } = this.#signals.stage.peek();
      if (phase === "running" || phase === "starting") this.#signals.fileProblem.value = why;
      else this.fail(why);
      return;
    }
    await this.startWith(() => openFile(file, elements));
  }

  /** Lets go of the source so far, opens another one and takes its frames; a failure shows on the stage. */
  async startWith(open: (isWanted: () => boolean) => Promise<LiveSource>): Promise<void> {
    this.#letGo();
    const opening = this.#opening;
    this.#signals.stage.value = { phase: "starting" };
    try {
      const source = await open(() => opening === this.#opening);
      // The person may have stopped or chosen something else while the browser asked for permission.
      if (opening === this.#opening) this.start(source);
      else source.close();
    } catch (error) {
      if (opening === this.#opening) this.fail(explainOpening(error));
    }
  }

  /** Calls the stream otherwise, on later visits too; an empty name gives it back the one of its source. */
  rename(name: string): void {
    rememberName(this.#signals, name);
    this.#client.rename(currentName(this.#signals));
  }

  /** Ends the session, because the person said so. */
  stop(): void {
    this.#letGo();
    this.#signals.stage.value = { phase: "stopped" };
  }

  /** Ends the session, because its source cannot go on. */
  fail(why: Explanation): void {
    this.#letGo();
    this.#signals.stage.value = { phase: "failed", why };
  }

  /**
   * Asks the server which pipelines it has, and chooses one where the one chosen is not among them.
   *
   * @throws {Error} If the server cannot be reached, or does not answer with a list.
   */
  async refreshPipelines(): Promise<void> {
    const pipelines = await this.#fetchPipelines();
    const { pipelineId } = this.#signals;
    batch(() => {
      this.#signals.pipelines.value = pipelines;
      pipelineId.value = firstChoice(pipelines, pipelineId.peek() ?? recall("livesyte.pipeline"));
    });
  }

  /** Connects again at once, whatever ended the connection before, and sees to it that it does not end so again. */
  async retry(): Promise<void> {
    const code = this.#signals.lastError.peek()?.code;
    if (code === "frame_too_large") this.#encoder.shrink();
    const before = this.#signals.pipelineId.peek();
    // Whether the server answers or not, connecting tells what there is to be told.
    if (code === "invalid_pipeline") await this.refreshPipelines().catch(() => {});
    const pipelineId = this.#signals.pipelineId.peek();
    // A changed pipeline has reconnected by itself.
    if (this.#source === null || pipelineId === null || pipelineId !== before) return;
    this.#client.connect(pipelineId);
  }

  /** A hidden page gets no frames, so it gives its place on the server away until it is seen again. */
  setVisible(visible: boolean): void {
    this.#visible.value = visible;
    if (visible) this.wake();
  }

  /** Tries at once what would be tried again in a while: to reach the server, and to go on with the camera. */
  wake(): void {
    this.#client.retryNow();
    this.#source?.resume();
    this.#cameraReturn.tryNow();
  }

  /** Opens a camera that ended by itself; what fails meanwhile has been told. */
  async #reopenCamera(id: string): Promise<void> {
    const [elements, opening] = [this.#elements, this.#opening];
    if (elements === null || !this.#visible.peek()) return;
    try {
      const isWanted = () => opening === this.#opening;
      const source = await openCameraSource(elements.video, { id }, isWanted);
      if (isWanted()) this.start(source);
      else source.close();
    } catch (error) {
      const isRefused = error instanceof CameraError && error.failure === "permission_refused";
      if (isRefused && opening === this.#opening) this.fail(explainOpening(error));
    }
  }

  #connectWhenWanted(): void {
    const { stage, pipelineId, status, lastError } = this.#signals;
    const wanted = computed(() =>
      stage.value.phase === "running" && this.#visible.value ? pipelineId.value : null
    );
    effect(() => {
      const id = wanted.value;
      untracked(() => id === null ? this.#client.disconnect() : this.#client.connect(id));
    });
    effect(() => {
      const failure = lastError.value;
      // Later, because the source that is let go of is what this effect is in the middle of.
      if (failure?.code === "unauthorized") {
        queueMicrotask(() => this.fail(explainStreamFailure(failure)));
      }
    });
    effect(() => {
      if (status.value !== "connected") return;
      this.#throttler.restart();
      this.#sentFrames.clear();
    });
  }

  #capture(source: LiveSource, now: number): void {
    const { lastError, status } = this.#signals;
    const awaitsFrames = lastError.peek()?.code === "no_frames" && status.peek() === "disconnected";
    if (awaitsFrames) this.retry();
    // Asked first, so that a frame that must wait is replaced by the newest one as soon as there is room.
    if (this.#encoding || !this.#client.canSend || !this.#throttler.tick(now)) return;
    this.#encoding = true;
    this.#encode(source.element)
      .then((bytes) => {
        if (bytes === null || this.#source !== source || !this.#client.sendFrame(bytes)) return;
        this.#statistics.sent(bytes.byteLength, this.#now());
        const frameIndex = this.#signals.sentFrames.peek();
        this.#sentFrames.set(frameIndex, new Blob([bytes], { type: "image/jpeg" }));
      })
      .catch(() => {
        if (this.#source === source) this.fail(ENCODING_FAILED);
      })
      .finally(() => this.#encoding = false);
  }

  #note(message: ServerMessage, roundTripMs: number | null): void {
    const now = this.#now();
    this.#statistics.received(message, roundTripMs, now);
    if ("frame_index" in message) this.#keepFrame(message);
    if ("result" in message) this.#throttler.answered(now);
    if ("dropped" in message) this.#throttler.dropped(now);
    if ("warning" in message) this.#throttler.slowDown(now);
  }

  #keepFrame(message: ResultMessage | DropMessage): void {
    const jpeg = this.#sentFrames.get(message.frame_index);
    this.#sentFrames.delete(message.frame_index);
    if (jpeg === undefined || !("result" in message)) return;
    this.#signals.lastAnswered.value = { message, jpeg };
  }

  #publishStatistics(): void {
    const { statistics, history } = this.#signals;
    const now = this.#now();
    const { round_trip_p50_ms: round_trip_ms, answered_fps } = statistics.value = this.#statistics
      .snapshot(this.#throttler.fps, now);
    history.value = appendHistory(history.peek(), { time: now, round_trip_ms, answered_fps });
  }

  #letGo(): void {
    this.#opening += 1;
    this.#cameraReturn.forget();
    this.#stopFrames();
    this.#stopFrames = () => {};
    if (this.#source !== null) {
      this.#source.onended = null;
      this.#source.close();
    }
    this.#source = null;
    batch(() => {
      this.#signals.cameraId.value = null;
      this.#signals.fileProblem.value = null;
      this.#signals.lastResult.value = null;
      this.#signals.lastAnswered.value = null;
      this.#signals.statistics.value = null;
      this.#signals.history.value = [];
    });
  }
}

let pageSession: LiveSession | undefined;

/** The one session of this page, which its islands share; made on the first call. */
export function liveSession(signals: LiveSignals): LiveSession {
  return pageSession ??= new LiveSession(signals);
}
