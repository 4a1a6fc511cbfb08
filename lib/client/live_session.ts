/** The live session of a page: from frames of a source to results in signals. */

import { batch, computed, effect, signal, untracked } from "@preact/signals";
import { type CameraChoice, CameraError, explainCameraFailure, listCameras } from "./camera.ts";
import type { Explanation } from "./errors.ts";
import { FpsThrottler } from "./fps_throttler.ts";
import { type CaptureElement, FrameEncoder } from "./frame_capture.ts";
import { everyFrame } from "./frame_clock.ts";
import type { LiveSignals } from "./live_signals.ts";
import {
  FileError,
  type LiveSource,
  openCameraSource,
  openFile,
  type SourceElements,
} from "./live_source.ts";
import { streamUrl } from "./pipelines.ts";
import type { ServerMessage } from "./protocol.ts";
import { RealtimeClient, type RealtimeClientOptions } from "./realtime_client.ts";
import { StatisticsCollector } from "./stream_statistics.ts";

/** Options for {@linkcode LiveSession}; the defaults are the browser's own. */
export interface LiveSessionOptions
  extends Pick<RealtimeClientOptions, "WebSocket" | "now" | "random"> {
  /** Address of a pipeline's stream. */
  streamUrl?: (pipelineId: string) => string;
  /** Encodes what an element shows as a JPEG; `null` while it shows nothing. */
  encode?: (element: CaptureElement) => Promise<Uint8Array<ArrayBuffer> | null>;
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
  readonly #visible = signal(true);
  readonly #throttler = new FpsThrottler();
  #statistics = new StatisticsCollector();
  #elements: SourceElements | null = null;
  #source: LiveSource | null = null;
  #opening = 0;
  #encoding = false;
  #stopFrames = () => {};

  constructor(signals: LiveSignals, options: LiveSessionOptions = {}) {
    this.#signals = signals;
    this.#now = options.now ?? (() => performance.now());
    const encoder = new FrameEncoder();
    this.#encode = options.encode ?? ((element) => encoder.encode(element));
    this.#everyFrame = options.everyFrame ?? everyFrame;
    this.#client = new RealtimeClient({
      streamUrl: (pipelineId) => streamUrl(location.href, pipelineId),
      ...options,
      signals,
      onMessage: (message, roundTripMs) => this.#note(message, roundTripMs),
    });
    this.#connectWhenWanted();
  }

  /** Takes the frames of `source` from now on. */
  start(source: LiveSource): void {
    this.#letGo();
    this.#source = source;
    this.#statistics = new StatisticsCollector();
    source.onended = (why) => this.fail(why);
    const stopClock = this.#everyFrame(source.element, (now) => this.#capture(source, now));
    const timer = setInterval(() => this.#publishStatistics(), STATISTICS_INTERVAL_MS);
    this.#stopFrames = () => {
      stopClock();
      clearInterval(timer);
    };
    const { kind, name, size, cameraId } = source;
    batch(() => {
      this.#signals.cameraId.value = cameraId;
      this.#signals.stage.value = { phase: "running", kind, name, size };
    });
  }

  /** Shows sources in these elements from now on. */
  attach(elements: SourceElements): void {
    this.#elements = elements;
  }

  /** Opens a camera, any by default, and takes its frames. */
  async startCamera(choice: CameraChoice | null = null): Promise<void> {
    const elements = this.#elements;
    if (elements === null) return;
    await this.startWith(() => openCameraSource(elements.video, choice));
    // Only now, with the permission, do browsers tell the cameras' names.
    await this.refreshCameras();
  }

  /** Looks which cameras there are, as they come and go. */
  async refreshCameras(): Promise<void> {
    this.#signals.cameras.value = await listCameras();
  }

  /** Opens a picture or a video file and takes its frames. */
  async startFile(file: File): Promise<void> {
    const elements = this.#elements;
    if (elements !== null) await this.startWith(() => openFile(file, elements));
  }

  /** Lets go of the source so far, opens another one and takes its frames; a failure shows on the stage. */
  async startWith(open: () => Promise<LiveSource>): Promise<void> {
    this.#letGo();
    const opening = this.#opening;
    this.#signals.stage.value = { phase: "starting" };
    try {
      const source = await open();
      // The person may have stopped or chosen something else while the browser asked for permission.
      if (opening === this.#opening) this.start(source);
      else source.close();
    } catch (error) {
      if (opening === this.#opening) this.fail(explainOpening(error));
    }
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

  /** Connects again at once, whatever ended the connection before. */
  retry(): void {
    const pipelineId = this.#signals.pipelineId.value;
    if (this.#source !== null && pipelineId !== null) this.#client.connect(pipelineId);
  }

  /** A hidden page gets no frames, so it gives its place on the server away until it is seen again. */
  setVisible(visible: boolean): void {
    this.#visible.value = visible;
  }

  #connectWhenWanted(): void {
    const { stage, pipelineId, status } = this.#signals;
    const wanted = computed(() =>
      stage.value.phase === "running" && this.#visible.value ? pipelineId.value : null
    );
    effect(() => {
      const id = wanted.value;
      untracked(() => id === null ? this.#client.disconnect() : this.#client.connect(id));
    });
    effect(() => {
      if (status.value === "connected") this.#throttler.restart();
    });
  }

  #capture(source: LiveSource, now: number): void {
    // Asked first, so that a frame that must wait is replaced by the newest one as soon as there is room.
    if (this.#encoding || !this.#client.canSend || !this.#throttler.tick(now)) return;
    this.#encoding = true;
    this.#encode(source.element)
      .then((bytes) => {
        if (bytes === null || this.#source !== source || !this.#client.sendFrame(bytes)) return;
        this.#statistics.sent(bytes.byteLength, this.#now());
      })
      .catch(() => {
        if (this.#source === source) this.fail(ENCODING_FAILED);
      })
      .finally(() => this.#encoding = false);
  }

  #note(message: ServerMessage, roundTripMs: number | null): void {
    const now = this.#now();
    this.#statistics.received(message, roundTripMs, now);
    if ("result" in message) this.#throttler.answered(now);
    if ("dropped" in message) this.#throttler.dropped(now);
    if ("warning" in message) this.#throttler.slowDown(now);
  }

  #publishStatistics(): void {
    this.#signals.statistics.value = this.#statistics.snapshot(this.#throttler.fps, this.#now());
  }

  #letGo(): void {
    this.#opening += 1;
    this.#stopFrames();
    this.#stopFrames = () => {};
    if (this.#source !== null) {
      this.#source.onended = null;
      this.#source.close();
    }
    this.#source = null;
    batch(() => {
      this.#signals.cameraId.value = null;
      this.#signals.lastResult.value = null;
      this.#signals.statistics.value = null;
    });
  }
}

const ENCODING_FAILED: Explanation = {
  title: "This browser cannot encode the picture",
  remedy: "Start again, or open the page in another browser.",
};

function explainOpening(error: unknown): Explanation {
  if (error instanceof FileError) return error.explanation;
  return explainCameraFailure(error instanceof CameraError ? error.failure : "unknown");
}

let pageSession: LiveSession | undefined;

/** The one session of this page, which its islands share; made on the first call. */
export function liveSession(signals: LiveSignals): LiveSession {
  return pageSession ??= new LiveSession(signals);
}
