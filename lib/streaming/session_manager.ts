/**
 * The state of one stream: its counters, drop rates and backpressure.
 *
 * @module
 */

import type { Quality } from "../protocol/result.ts";
import type { BackpressureState, Session } from "../protocol/session.ts";
import { AdaptiveQuality } from "./adaptive_quality.ts";
import { Backpressure, backpressureState, type BackpressureThresholds } from "./backpressure.ts";
import { StreamLifecycle } from "./stream_lifecycle.ts";

/** The camera that gives the frames of a session, where no client sends them. */
export interface SessionCamera {
  /** Its id. */
  readonly id: string;
  /** For people. */
  readonly name: string;
}

/** What a session is given at its start. */
export interface SessionOptions extends BackpressureThresholds {
  /** Detector inputs that the session may use, best first; at least one. */
  qualities: readonly Quality[];
  /** Gives the frames, where no client sends them. */
  camera?: SessionCamera;
  /** UUID; a random one by default. */
  sessionId?: string | undefined;
  /** What the client calls it, for people. */
  name?: string | undefined;
}

/** Answered frames that the recent drop rate looks back on; they fit the bits of one number. */
const WINDOW = 30;
const WINDOW_MASK = 2 ** WINDOW - 1;
/** Answers before the recent drop rate means anything. */
const MIN_ANSWERED = 10;

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function countBits(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/**
 * The state of one connection's session, in memory only; nothing is shared between sessions.
 *
 * It keeps the counters and decides; {@linkcode StreamSession} moves the frames. It manages one session and not many: its name
 * is that of the design that livesyte follows, and {@linkcode SessionRegistry} holds all sessions.
 *
 * @example
 * ```ts
 * const session = new SessionManager("yolo_only", {
 *   dropThreshold: 0.1,
 *   slowdownThreshold: 0.3,
 *   qualities: qualityLadder({ width: 512, height: 384 }),
 * });
 * session.incrementFrame();
 * session.shouldDropFrame(0); // false: the pipeline is idle
 * ```
 */
export class SessionManager extends StreamLifecycle {
  /** UUID. */
  readonly sessionId: string;
  /** What the client calls it, for people; `undefined` where it says nothing. */
  name: string | undefined;
  /** Pipeline that every frame of the session runs through; that of a camera may change while it is idle. */
  pipelineId: string;
  /** Gives the frames; `undefined` where a client sends them. */
  camera: SessionCamera | undefined;
  /** Recent drop rate, 0 to 1, above which the session is in `warning`. */
  readonly dropThreshold: number;
  /** Recent drop rate, 0 to 1, above which the session is `critical`. */
  readonly slowdownThreshold: number;
  /** Valid frames so far; the index of the newest. */
  frameIndex = 0;
  /** Frames that were answered with a drop. */
  droppedFrames = 0;
  /** When the last frame was processed, in seconds since the epoch; `null` before the first. */
  lastProcessedTs: number | null = null;
  /** Detector inputs that the session may use, best first. */
  readonly qualities: readonly Quality[];
  readonly #createdAt = new Date();
  #pressure: BackpressureState = "normal";
  #answered = 0;
  #dropBits = 0;
  readonly #backpressure = new Backpressure();
  readonly #quality: AdaptiveQuality;

  /** Begins in the state `idle`, with nothing counted and the best of `qualities` in use. */
  constructor(pipelineId: string, options: SessionOptions) {
    super();
    const { dropThreshold, slowdownThreshold, qualities, camera, name } = options;
    this.sessionId = options.sessionId ?? crypto.randomUUID();
    this.name = name;
    this.pipelineId = pipelineId;
    this.camera = camera;
    this.dropThreshold = dropThreshold;
    this.slowdownThreshold = slowdownThreshold;
    this.qualities = qualities;
    this.#quality = new AdaptiveQuality(qualities, SessionManager.nowMs());
  }

  /** Monotonic milliseconds, for durations. */
  static nowMs(): number {
    return performance.now();
  }

  /** `normal`, `warning` or `critical`, from the recent drop rate. */
  get backpressureState(): BackpressureState {
    return this.#pressure;
  }

  /** The detector input in use. */
  get quality(): Quality {
    return this.#quality.current;
  }

  /**
   * Counts a valid frame that has just arrived.
   *
   * @returns Its index, 1 for the first
   */
  incrementFrame(): number {
    this.touch();
    this.#backpressure.frameArrived(SessionManager.nowMs());
    this.frameIndex += 1;
    return this.frameIndex;
  }

  /** Counts a frame that was answered with a drop. */
  markDrop(): void {
    this.droppedFrames += 1;
    this.#answer(1);
  }

  /**
   * Counts a frame that was answered with a result.
   *
   * @param durationMs From its start to its answer
   */
  markProcessed(durationMs: number): void {
    this.lastProcessedTs = Date.now() / 1000;
    this.#backpressure.frameProcessed(durationMs);
    this.#answer(0);
  }

  /** Share of all frames that were dropped, 0 to 1; 0 when no frame came. */
  dropRate(): number {
    return this.frameIndex === 0 ? 0 : this.droppedFrames / this.frameIndex;
  }

  /** Share of the last 30 answered frames that were dropped, 0 to 1; 0 until 10 have been answered. */
  recentDropRate(): number {
    if (this.#answered < MIN_ANSWERED) return 0;
    return countBits(this.#dropBits) / Math.min(this.#answered, WINDOW);
  }

  /**
   * How long this session's pipeline is expected to stay busy, in milliseconds; 0 when it is idle.
   *
   * @param startedAt When the frame in flight was started, by {@linkcode nowMs}; `undefined` when none is
   */
  expectedBusyMs(startedAt: number | undefined): number {
    return this.#backpressure.expectedBusyMs(startedAt, SessionManager.nowMs());
  }

  /** Whether a frame that arrived just now is dropped at once. */
  shouldDropFrame(processingTimeMs: number): boolean {
    return this.#backpressure.shouldDropFrame(
      processingTimeMs,
      this.recentDropRate(),
      this.dropThreshold,
    );
  }

  /** Whether to ask the client to slow down now; a `true` counts as having asked. */
  shouldSlowDown(): boolean {
    return this.#backpressure.shouldSlowDown(this.#pressure, SessionManager.nowMs());
  }

  /** The session as operators see it. */
  snapshot(): Session {
    const name = this.camera?.name ?? this.name;
    return Object.freeze({
      session_id: this.sessionId,
      ...(name !== undefined && { name }),
      pipeline_id: this.pipelineId,
      state: this.state,
      backpressure_state: this.#pressure,
      frame_index: this.frameIndex,
      ...(this.camera !== undefined && { camera_id: this.camera.id }),
      dropped_frames: this.droppedFrames,
      drop_rate: round(this.dropRate(), 4),
      recent_drop_rate: round(this.recentDropRate(), 4),
      last_processed_ts: this.lastProcessedTs,
      created_at: this.#createdAt.toISOString(),
      last_access: new Date(this.lastAccess).toISOString(),
      idle_s: round(this.idleDuration() / 1000, 3),
      error_count: this.errorCount,
      last_error: this.lastError,
      client_count: this.clientCount,
      quality: this.quality,
      qualities: [...this.qualities],
    });
  }

  #answer(dropBit: 0 | 1): void {
    this.#answered += 1;
    this.#dropBits = (this.#dropBits << 1 | dropBit) & WINDOW_MASK;
    this.#pressure = backpressureState(this.recentDropRate(), this);
    this.#quality.update(this.#pressure, SessionManager.nowMs());
  }
}
