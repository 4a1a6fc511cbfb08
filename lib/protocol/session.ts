/**
 * A stream that is open now, as operators see it.
 *
 * @module
 */

import * as v from "valibot";
import { QualitySchema } from "./result.ts";
import { SessionSummarySchema } from "./session_summary.ts";
import { count, duration, share, text, time } from "./values.ts";

/** Schema of {@linkcode StreamState}. */
export const StreamStateSchema = v.picklist(["idle", "starting", "active", "stopping", "failed"]);

/** Where a stream is in its life cycle. */
export type StreamState = v.InferOutput<typeof StreamStateSchema>;

/** Schema of {@linkcode BackpressureState}. */
export const BackpressureStateSchema = v.picklist(["normal", "warning", "critical"]);

/** How much of a stream is being dropped. */
export type BackpressureState = v.InferOutput<typeof BackpressureStateSchema>;

/** Schema of {@linkcode StreamError}. */
export const StreamErrorSchema = v.object({
  /** The error code that was sent to the client. */
  code: text,
  /** The sentence that was sent to the client. */
  detail: text,
});

/** An error that ended, or would have ended, a stream. */
export type StreamError = v.InferOutput<typeof StreamErrorSchema>;

/** Schema of {@linkcode Session}. */
export const SessionSchema = v.object({
  ...SessionSummarySchema.entries,
  /** The camera that gives the frames; left out where a client sends them. */
  camera_id: v.exactOptional(text),
  /** Where the stream is in its life cycle. */
  state: StreamStateSchema,
  /** From the recent drop rate. */
  backpressure_state: BackpressureStateSchema,
  /** Frames that were answered with a drop. */
  dropped_frames: count,
  /** Over the whole life of the stream. */
  drop_rate: share,
  /** Over the last 30 answered frames. */
  recent_drop_rate: share,
  /** When the last frame was processed, in seconds since the epoch; `null` before the first. */
  last_processed_ts: v.nullable(v.number()),
  /** When the stream was last used. */
  last_access: time,
  /** Since the last access. */
  idle_s: duration,
  /** Errors so far. */
  error_count: count,
  /** The newest error; `null` when there was none. */
  last_error: v.nullable(StreamErrorSchema),
  /** Viewers of the stream. */
  client_count: count,
  /** The step of the detector's input in use. */
  quality: QualitySchema,
  /** All steps that the stream may use, best first. */
  qualities: v.array(QualitySchema),
});

/** The state of one open stream. */
export type Session = Readonly<v.InferOutput<typeof SessionSchema>>;

/** Schema of {@linkcode SessionList}. */
export const SessionListSchema = v.object({
  /** Oldest first. */
  sessions: v.array(SessionSchema),
});

/** The answer of `GET /sessions`. */
export type SessionList = v.InferOutput<typeof SessionListSchema>;
