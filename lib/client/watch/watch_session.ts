/** Watches somebody's stream: from its frames and results to the signals of a page. */

import type { StreamFailureCode } from "../../../client/failure.ts";
import { batch, effect, signal } from "@preact/signals";
import { decodeFrame } from "./decode_frame.ts";
import { explainStreamFailure } from "../errors.ts";
import type { LiveSignals } from "../live/live_signals.ts";
import type { ResultMessage } from "../../protocol/stream.ts";
import { RealtimeClient, type RealtimeClientOptions } from "../live/realtime_client.ts";
import { watchUrl } from "./sessions.ts";
import { StatisticsCollector } from "../live/stream_statistics.ts";
import { isTokenRefused } from "../token.ts";

/** Options for {@linkcode WatchSession}; the defaults are the browser's own. */
export interface WatchSessionOptions
  extends Pick<RealtimeClientOptions, "WebSocket" | "now" | "isRefused"> {
  /** Address of a stream for viewers. */
  watchUrl?: (sessionId: string) => string;
  /** Decodes a JPEG. */
  decode?: (jpeg: Blob) => Promise<ImageBitmap>;
}

const STATISTICS_INTERVAL_MS = 500;
/** After these there is nothing more to be seen, and no sense in trying again. */
const ENDS: ReadonlySet<StreamFailureCode> = new Set([
  "session_not_found",
  "stream_ended",
  "unauthorized",
]);

/**
 * Shows one stream at a time on a canvas.
 *
 * A result is shown together with the frame that it was found in; where the server left the frame out, because this
 * viewer is behind, the result is left out too.
 */
export class WatchSession {
  readonly #signals: LiveSignals;
  readonly #client: RealtimeClient;
  readonly #decode: (jpeg: Blob) => Promise<ImageBitmap>;
  readonly #now: () => number;
  #statistics = new StatisticsCollector();
  #canvas: HTMLCanvasElement | null = null;
  #sessionId = "";
  #awaitsFrame: ResultMessage | null = null;
  #decoding = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Begins to follow `signals`; it watches nothing before `start`. */
  constructor(signals: LiveSignals, options: WatchSessionOptions = {}) {
    this.#signals = signals;
    this.#now = options.now ?? (() => performance.now());
    this.#decode = options.decode ?? decodeFrame;
    this.#client = new RealtimeClient({
      streamUrl: options.watchUrl ?? ((sessionId) => watchUrl(location.href, sessionId)),
      isRefused: () => isTokenRefused(location.href),
      ...options,
      // A result becomes the page's own only with its frame.
      signals: { ...signals, lastResult: signal<ResultMessage | null>(null) },
      onMessage: (message) => {
        this.#statistics.received(message, null, this.#now());
        this.#awaitsFrame = "result" in message ? message : null;
      },
      onFrame: (jpeg) => this.#show(jpeg),
    });
    effect(() => {
      const failure = signals.lastError.value;
      if (failure === null || !ENDS.has(failure.code)) return;
      const why = explainStreamFailure(failure);
      queueMicrotask(() => this.#end({ phase: "failed", why }));
    });
  }

  /** Shows the image; `null` before the first one. */
  get element(): HTMLCanvasElement | null {
    return this.#signals.stage.value.phase === "running" ? this.#canvas : null;
  }

  /** Watches a stream, in place of any before, on `canvas`. */
  start(sessionId: string, canvas: HTMLCanvasElement): void {
    this.#canvas = canvas;
    this.#sessionId = sessionId;
    this.#statistics = new StatisticsCollector();
    this.#signals.stage.value = { phase: "starting" };
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      this.#signals.statistics.value = this.#statistics.snapshot(0, this.#now());
    }, STATISTICS_INTERVAL_MS);
    this.#client.connect(sessionId);
  }

  /** Watches no longer. */
  stop(): void {
    this.#end({ phase: "stopped" });
  }

  /** Connects again at once. */
  retry(): void {
    this.#client.connect(this.#sessionId);
  }

  /** Tries at once what would be tried again in a while. */
  wake(): void {
    this.#client.retryNow();
  }

  async #show(jpeg: Blob): Promise<void> {
    const message = this.#awaitsFrame;
    this.#awaitsFrame = null;
    const canvas = this.#canvas;
    // While one frame is decoded, newer ones are skipped rather than queued.
    if (message === null || canvas === null || this.#decoding) return;
    this.#decoding = true;
    try {
      const frame = await this.#decode(jpeg);
      const isWatching = ["starting", "running"].includes(this.#signals.stage.value.phase);
      if (isWatching) this.#draw(canvas, frame, { message, jpeg });
      frame.close();
    } catch {
      // The server has decoded this very frame, so a browser that cannot is out of memory: the next one may do.
    } finally {
      this.#decoding = false;
    }
  }

  #draw(
    canvas: HTMLCanvasElement,
    frame: ImageBitmap,
    answered: { message: ResultMessage; jpeg: Blob },
  ): void {
    const { width, height } = frame;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    canvas.getContext("2d")?.drawImage(frame, 0, 0);
    const { stage, lastResult, lastAnswered } = this.#signals;
    batch(() => {
      lastResult.value = answered.message;
      lastAnswered.value = answered;
      if (stage.value.phase !== "running") {
        stage.value = { phase: "running", kind: "stream", name: "", isMirrored: false };
      }
    });
  }

  #end(stage: LiveSignals["stage"]["value"]): void {
    clearInterval(this.#timer);
    this.#client.disconnect();
    batch(() => {
      this.#signals.stage.value = stage;
      this.#signals.lastResult.value = null;
      this.#signals.lastAnswered.value = null;
      this.#signals.statistics.value = null;
    });
  }
}

let pageSession: WatchSession | undefined;

/** The one watch session of this page, which its islands share; made on the first call. */
export function watchSession(signals: LiveSignals): WatchSession {
  return pageSession ??= new WatchSession(signals);
}
