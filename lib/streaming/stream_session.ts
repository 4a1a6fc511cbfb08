/**
 * Moves the frames of one connection: validation, the single waiting slot, the pipeline, the answers.
 *
 * @module
 */

import {
  CLOSE_CODES,
  type DropMessage,
  type ResultMessage,
  type ServerMessage,
  type StreamErrorCode,
} from "../protocol/stream.ts";
import type { LogLevel } from "../config.ts";
import { describeCause } from "../telemetry/describe_cause.ts";
import { type LogEvent, logEvent, type LogFields } from "../telemetry/log.ts";
import { streamMetrics } from "../telemetry/metrics.ts";
import { traceFrame } from "../telemetry/traces.ts";
import { Audience } from "./audience.ts";
import type { MemoryBudget } from "./memory_budget.ts";
import { FrameDroppedError, type FrameProcessor, InvalidFrameError } from "./frame_processor.ts";
import { type FrameLimits, FrameValidationError, validateJpeg } from "./frame_validator.ts";
import { SessionManager } from "./session_manager.ts";
import type { StreamTransport } from "./stream_transport.ts";

/** What a session shares with all others. */
export interface StreamSessionOptions {
  /** What the frames run on. */
  processor: FrameProcessor;
  /** Largest frame that passes; a larger one ends the session. */
  limits: FrameLimits;
  /** Memory that the frames of all sessions may hold together. */
  budget: MemoryBudget;
}

interface Frame {
  index: number;
  bytes: Uint8Array<ArrayBuffer>;
  /** Of `bytes`, which has none left once the pipeline has taken the buffer. */
  size: number;
  /** In monotonic milliseconds. */
  arrivedMs: number;
}

/** How often drops are summed up in the log, which shows single ones only at the level `debug`. */
const DROP_SUMMARY_MS = 10_000;
/** Unsent bytes above which a client counts as not reading. */
const MAX_BUFFERED_BYTES = 1_048_576;

/**
 * One connection's stream.
 *
 * At most one frame is in flight and at most one, the newest, waits. Every valid frame is answered exactly once while the
 * connection stands, by a result or by a drop.
 */
export class StreamSession {
  /** State and counters of the stream. */
  readonly session: SessionManager;
  /** Viewers of the stream; its producer is not among them. */
  readonly audience: Audience = new Audience();
  readonly #transport: StreamTransport;
  readonly #options: StreamSessionOptions;
  readonly #openedAt = SessionManager.nowMs();
  #lastFrameAt = this.#openedAt;
  #startedAt: number | undefined;
  #waiting: Frame | undefined;
  #isOpen = true;
  #lastDropSummary = this.#openedAt;
  #dropsSinceSummary = 0;
  /** Present while the session waits for its frame in flight in order to stop. */
  #drained: PromiseWithResolvers<void> | undefined;

  /** Opens the stream; answers and the close go out through `transport`. */
  constructor(
    session: SessionManager,
    transport: StreamTransport,
    options: StreamSessionOptions,
  ) {
    this.session = session;
    this.#transport = transport;
    this.#options = options;
  }

  /** Milliseconds since the session began. */
  get ageMs(): number {
    return SessionManager.nowMs() - this.#openedAt;
  }

  /** Milliseconds since the last valid frame, or since the session began. */
  get frameGapMs(): number {
    return SessionManager.nowMs() - this.#lastFrameAt;
  }

  /** Takes one message from the client: a frame as an `ArrayBuffer`, or something that ends the session. */
  receive(data: unknown): void {
    if (!this.#isOpen) return;
    if (!(data instanceof ArrayBuffer)) {
      this.fail("invalid_message", "Expected binary frame payload");
      return;
    }
    streamMetrics.bytesReceived.inc(data.byteLength);
    const bytes = new Uint8Array(data);
    try {
      validateJpeg(bytes, this.#options.limits);
    } catch (error) {
      if (!(error instanceof FrameValidationError)) throw error;
      this.fail(error.code, error.message);
      return;
    }
    this.#accept(bytes);
  }

  /** Tells the client why, then ends the session; afterwards nothing is sent any more. A camera may go on. */
  fail(code: StreamErrorCode, detail: string): void {
    if (!this.#isOpen) return;
    if (this.#transport.failed !== undefined) {
      this.#releaseWaiting();
      this.#transport.failed(code, detail);
      return;
    }
    this.#noteFailure(code, detail);
    this.#send({ error: code, detail });
    this.close(CLOSE_CODES[code], code);
  }

  /** Notes that the door has refused a frame of the client, told it why, and closed the connection. */
  refusedFrame(): void {
    if (!this.#isOpen) return;
    const { maxFrameBytes } = this.#options.limits;
    this.#noteFailure("frame_too_large", `Frame exceeds the limit of ${maxFrameBytes} bytes`);
  }

  /**
   * Ends the session because the server stops: the frame in flight is answered, the waiting one dropped.
   *
   * @param timeoutMs How long the frame in flight may take
   */
  async stop(timeoutMs: number): Promise<void> {
    if (!this.#isOpen) return;
    if (this.session.canTransitionTo("stopping")) this.session.transitionTo("stopping");
    await this.drain(timeoutMs);
    this.close(1001, "server_shutdown");
  }

  /**
   * Drops the frame that waits, and waits for the one in flight; meanwhile no other is taken.
   *
   * @param timeoutMs How long the frame in flight may take
   */
  async drain(timeoutMs: number): Promise<void> {
    this.#dropWaiting();
    if (this.#startedAt === undefined) return;
    this.#drained = Promise.withResolvers();
    const timer = setTimeout(this.#drained.resolve, timeoutMs);
    await this.#drained.promise;
    clearTimeout(timer);
    this.#drained = undefined;
  }

  /** Ends the session at once, with a WebSocket close code and its reason. */
  close(code: number, reason: string): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#releaseWaiting();
    this.#drained?.resolve();
    this.#transport.close(code, reason);
  }

  /** Notes that the connection has ended, from either side. */
  disconnected(): void {
    this.#isOpen = false;
    this.#releaseWaiting();
    this.#drained?.resolve();
    this.audience.close();
    const { session } = this;
    if (session.state === "active") session.transitionTo("stopping");
    if (session.state === "starting") session.transitionTo("failed");
    if (session.state !== "idle") session.transitionTo("idle");
  }

  /** Logs an event of this stream. */
  log(level: LogLevel, event: LogEvent, message: string, fields: LogFields = {}): void {
    const { sessionId, pipelineId } = this.session;
    logEvent(level, event, message, { session_id: sessionId, pipeline_id: pipelineId, ...fields });
  }

  #noteFailure(code: StreamErrorCode, detail: string): void {
    this.session.recordError(code, detail);
    if (this.session.canTransitionTo("failed")) this.session.transitionTo("failed");
    streamMetrics.errors.inc({ code });
    this.log("warning", "stream_error", detail, { code });
  }

  #accept(bytes: Uint8Array<ArrayBuffer>): void {
    const { session } = this;
    const arrivedMs = SessionManager.nowMs();
    this.#lastFrameAt = arrivedMs;
    streamMetrics.framesReceived.inc();
    const frame = { index: session.incrementFrame(), bytes, size: bytes.length, arrivedMs };
    if (session.state === "idle") session.transitionTo("starting");
    const mustDrop = this.#drained !== undefined ||
      session.shouldDropFrame(session.expectedBusyMs(this.#startedAt));
    if (mustDrop || !this.#options.budget.take(frame.size)) {
      this.#answerDrop(frame);
    } else if (this.#startedAt === undefined) {
      this.#processAll(frame);
    } else {
      this.#dropWaiting();
      this.#waiting = frame;
    }
  }

  /** Processes a frame, then the one that has begun to wait meanwhile, until none waits. */
  async #processAll(first: Frame): Promise<void> {
    for (let frame: Frame | undefined = first; frame !== undefined;) {
      this.#startedAt = SessionManager.nowMs();
      await this.#process(frame, this.#startedAt);
      this.#options.budget.release(frame.size);
      frame = this.#waiting;
      this.#waiting = undefined;
    }
    this.#startedAt = undefined;
    this.#drained?.resolve();
  }

  async #process(frame: Frame, startedAt: number): Promise<void> {
    const { index, bytes, arrivedMs } = frame;
    const { pipelineId, sessionId, quality, camera } = this.session;
    const priority = camera === undefined ? "stream" : "camera";
    const options = { quality, arrivedMs, priority } as const;
    // The pipeline takes the buffer away.
    const isKept = this.audience.wantsFrames || this.#transport.answered !== undefined;
    const copy = isKept ? bytes.slice() : undefined;
    try {
      const { processor } = this.#options;
      const result = await processor.runOnFrame(pipelineId, index, bytes, sessionId, options);
      if (!this.#isOpen) return;
      const message = { frame_index: index, result: { quality, ...result } };
      this.#answerResult(message, startedAt, copy);
      if (copy !== undefined) this.#transport.answered?.(message, copy, arrivedMs);
    } catch (error) {
      this.#processingFailed(frame, error);
    }
  }

  #answerResult(
    message: ResultMessage,
    startedAt: number,
    frame: Uint8Array<ArrayBuffer> | undefined,
  ): void {
    const durationMs = SessionManager.nowMs() - startedAt;
    this.session.markProcessed(durationMs);
    if (this.session.state === "starting") this.session.transitionTo("active");
    streamMetrics.observeFrame(message.result.timings_ms);
    const { pipelineId, sessionId } = this.session;
    traceFrame(message.result.timings_ms, {
      "livesyte.session_id": sessionId,
      "livesyte.pipeline_id": pipelineId,
      "livesyte.frame_index": message.frame_index,
    });
    this.#answer(message, frame);
    this.log("debug", "stream_frame_processed", "Frame processed", {
      frame_index: message.frame_index,
      duration_ms: Math.round(durationMs * 10) / 10,
    });
    this.#warn();
  }

  #processingFailed(frame: Frame, error: unknown): void {
    if (!this.#isOpen) return;
    if (error instanceof FrameDroppedError) {
      this.#answerDrop(frame);
      return;
    }
    if (error instanceof InvalidFrameError) {
      this.fail("invalid_frame", "Not a valid JPEG image: cannot be decoded");
      return;
    }
    this.log("error", "stream_pipeline_error", "Pipeline execution failed", {
      frame_index: frame.index,
      cause: describeCause(error),
    });
    this.fail("pipeline_failure", "Pipeline execution failed");
  }

  #dropWaiting(): void {
    const frame = this.#waiting;
    if (frame === undefined) return;
    this.#releaseWaiting();
    this.#answerDrop(frame);
  }

  #releaseWaiting(): void {
    if (this.#waiting !== undefined) this.#options.budget.release(this.#waiting.size);
    this.#waiting = undefined;
  }

  #answerDrop({ index }: Frame): void {
    this.session.markDrop();
    streamMetrics.framesDropped.inc();
    this.#answer({ frame_index: index, dropped: true });
    this.#logDrop(index);
    this.#warn();
  }

  #logDrop(index: number): void {
    this.log("debug", "stream_frame_dropped", "Frame dropped", { frame_index: index });
    this.#dropsSinceSummary += 1;
    const now = SessionManager.nowMs();
    if (now - this.#lastDropSummary < DROP_SUMMARY_MS) return;
    this.log("info", "stream_frame_dropped", "Frames dropped", {
      frames: this.#dropsSinceSummary,
      recent_drop_rate: this.session.recentDropRate(),
    });
    this.#lastDropSummary = now;
    this.#dropsSinceSummary = 0;
  }

  #warn(): void {
    // A camera cannot be asked; what it sends too much is dropped.
    if (!this.#isOpen || this.session.camera !== undefined) return;
    if (!this.session.shouldSlowDown()) return;
    streamMetrics.slowDownSignals.inc();
    this.#send({ warning: "slow_down" });
    this.log("info", "stream_slow_down", "Client asked to slow down", {
      recent_drop_rate: Math.round(this.session.recentDropRate() * 100) / 100,
    });
  }

  #answer(message: ResultMessage | DropMessage, frame?: Uint8Array<ArrayBuffer>): void {
    const text = this.#send(message);
    if (text !== undefined) this.audience.send(text, frame);
  }

  /** Sends a message and returns its text; `undefined` when the session has ended instead. */
  #send(message: ServerMessage): string | undefined {
    if (!this.#isOpen) return undefined;
    if (this.#transport.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.session.recordError("slow_reader", "Client does not read its answers");
      this.log("warning", "stream_error", "Client does not read its answers", {
        code: "slow_reader",
      });
      this.close(1008, "slow_reader");
      return undefined;
    }
    const text = JSON.stringify(message);
    this.#transport.send(text);
    return text;
  }
}
