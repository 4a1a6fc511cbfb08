/**
 * Moves the frames of one connection: validation, the single waiting slot, the pipeline, the answers.
 *
 * @module
 */

import { CLOSE_CODES, type ServerMessage, type StreamErrorCode } from "../client/protocol.ts";
import { logEvent, type LogFields } from "../telemetry/log.ts";
import { type FrameProcessor, InvalidFrameError } from "./frame_processor.ts";
import { type FrameLimits, FrameValidationError, validateJpeg } from "./frame_validator.ts";
import { SessionManager } from "./session_manager.ts";

/** The part of a WebSocket that a session needs. */
export interface StreamTransport {
  /** Bytes that have been sent and not yet taken by the network. */
  readonly bufferedAmount: number;
  send(text: string): void;
  close(code: number, reason: string): void;
}

interface Frame {
  index: number;
  bytes: Uint8Array<ArrayBuffer>;
}

/** A client that lets this much pile up does not read, in bytes. */
const MAX_BUFFERED_BYTES = 1_048_576;

/**
 * One connection's stream.
 *
 * At most one frame is in flight and at most one, the newest, waits. Every valid frame is answered exactly once while the
 * connection stands, by a result or by a drop.
 */
export class StreamSession {
  readonly session: SessionManager;
  readonly #processor: FrameProcessor;
  readonly #transport: StreamTransport;
  readonly #limits: FrameLimits;
  readonly #createdAt = SessionManager.nowMs();
  #lastFrameAt = this.#createdAt;
  #startedAt: number | undefined;
  #waiting: Frame | undefined;
  #open = true;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(
    session: SessionManager,
    processor: FrameProcessor,
    transport: StreamTransport,
    limits: FrameLimits,
  ) {
    this.session = session;
    this.#processor = processor;
    this.#transport = transport;
    this.#limits = limits;
    this.#log("info", "stream_connect", "Stream opened");
  }

  /** Milliseconds since the session began. */
  get ageMs(): number {
    return SessionManager.nowMs() - this.#createdAt;
  }

  /** Milliseconds since the last valid frame, or since the session began. */
  get idleMs(): number {
    return SessionManager.nowMs() - this.#lastFrameAt;
  }

  /** Takes one message from the client: a frame as an `ArrayBuffer`, or something that ends the session. */
  receive(data: unknown): void {
    if (!this.#open) return;
    if (!(data instanceof ArrayBuffer)) {
      this.fail("invalid_message", "Expected binary frame payload");
      return;
    }
    const bytes = new Uint8Array(data);
    try {
      validateJpeg(bytes, this.#limits);
    } catch (error) {
      if (!(error instanceof FrameValidationError)) throw error;
      this.fail(error.code, error.message);
      return;
    }
    this.#accept(bytes);
  }

  /** Tells the client why, then ends the session; afterwards nothing is sent any more. */
  fail(code: StreamErrorCode, detail: string): void {
    if (!this.#open) return;
    this.#log("warning", "stream_error", detail, { code });
    this.#send({ error: code, detail });
    this.#close(CLOSE_CODES[code], code);
  }

  /**
   * Ends the session because the server stops: the frame in flight is answered, the waiting one dropped.
   *
   * @param timeoutMs How long the frame in flight may take
   */
  async stop(timeoutMs: number): Promise<void> {
    this.#dropWaiting();
    if (this.#startedAt !== undefined && this.#open) {
      this.#idle = Promise.withResolvers();
      const timer = setTimeout(this.#idle.resolve, timeoutMs);
      await this.#idle.promise;
      clearTimeout(timer);
    }
    this.#close(1001, "server_shutdown");
  }

  /**
   * Notes that the connection has ended, whoever ended it.
   *
   * @param closeCode As the WebSocket's close event has it
   */
  ended(closeCode: number): void {
    this.#open = false;
    this.#waiting = undefined;
    this.#log("info", "stream_disconnect", "Stream closed", {
      frame_index: this.session.frameIndex,
      dropped_frames: this.session.droppedFrames,
      duration_s: Math.round(this.ageMs) / 1000,
      close_code: closeCode,
    });
  }

  #accept(bytes: Uint8Array<ArrayBuffer>): void {
    this.#lastFrameAt = SessionManager.nowMs();
    const frame = { index: this.session.incrementFrame(), bytes };
    if (this.#startedAt === undefined) {
      this.#processAll(frame);
    } else if (
      this.#idle !== undefined ||
      this.session.shouldDropFrame(this.session.expectedBusyMs(this.#startedAt))
    ) {
      this.#drop(frame);
    } else {
      this.#dropWaiting();
      this.#waiting = frame;
    }
  }

  /** Processes a frame, then the one that came to wait meanwhile, until none waits. */
  async #processAll(first: Frame): Promise<void> {
    for (let frame: Frame | undefined = first; frame !== undefined && this.#open;) {
      this.#startedAt = SessionManager.nowMs();
      await this.#process(frame, this.#startedAt);
      frame = this.#waiting;
      this.#waiting = undefined;
    }
    this.#startedAt = undefined;
    this.#idle?.resolve();
  }

  async #process({ index, bytes }: Frame, startedAt: number): Promise<void> {
    const { pipelineId, sessionId } = this.session;
    try {
      const result = await this.#processor.runOnFrame(pipelineId, index, bytes, sessionId);
      if (!this.#open) return;
      const durationMs = SessionManager.nowMs() - startedAt;
      this.session.markProcessed(durationMs);
      this.#send({ frame_index: index, result });
      this.#log("debug", "stream_frame_processed", "Frame processed", {
        frame_index: index,
        duration_ms: Math.round(durationMs * 10) / 10,
      });
      this.#warn();
    } catch (error) {
      this.#processingFailed(index, error);
    }
  }

  #processingFailed(index: number, error: unknown): void {
    if (!this.#open) return;
    if (error instanceof InvalidFrameError) {
      this.fail("invalid_frame", "Not a valid JPEG image: cannot be decoded");
      return;
    }
    this.#log("error", "stream_pipeline_error", "Pipeline execution failed", {
      frame_index: index,
      cause: describeCause(error),
    });
    this.fail("pipeline_failure", "Pipeline execution failed");
  }

  #dropWaiting(): void {
    const frame = this.#waiting;
    this.#waiting = undefined;
    if (frame !== undefined) this.#drop(frame);
  }

  #drop({ index }: Frame): void {
    this.session.markDrop();
    this.#send({ frame_index: index, dropped: true });
    this.#log("debug", "stream_frame_dropped", "Frame dropped", { frame_index: index });
    this.#warn();
  }

  #warn(): void {
    if (!this.session.shouldSlowDown()) return;
    this.#send({ warning: "slow_down" });
    this.#log("info", "stream_slow_down", "Client asked to slow down", {
      recent_drop_rate: Math.round(this.session.recentDropRate() * 100) / 100,
    });
  }

  #send(message: ServerMessage): void {
    if (!this.#open) return;
    if (this.#transport.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.#log("warning", "stream_error", "Client does not read its answers", {
        code: "slow_reader",
      });
      this.#close(1008, "slow_reader");
      return;
    }
    this.#transport.send(JSON.stringify(message));
  }

  #close(code: number, reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.#waiting = undefined;
    this.#idle?.resolve();
    this.#transport.close(code, reason);
  }

  #log(
    level: "debug" | "info" | "warning" | "error",
    event: Parameters<typeof logEvent>[1],
    message: string,
    fields: LogFields = {},
  ): void {
    const { sessionId, pipelineId } = this.session;
    logEvent(level, event, message, { session_id: sessionId, pipeline_id: pipelineId, ...fields });
  }
}

/** The innermost message, for the server's own log only. */
function describeCause(error: unknown): string {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause !== undefined) innermost = innermost.cause;
  return innermost instanceof Error ? innermost.message : String(innermost);
}
