/**
 * The messages of `WS /ws/video/stream`.
 *
 * @module
 */

import * as v from "valibot";
import { PipelineResultSchema } from "./result.ts";
import { text, uuid } from "./values.ts";

const frameIndex = v.pipe(v.number(), v.integer(), v.minValue(1));

/** Schema of {@linkcode ResultMessage}. */
export const ResultMessageSchema = v.object({
  /** 1 for the first valid frame of the session. */
  frame_index: frameIndex,
  /** What was found in the frame. */
  result: PipelineResultSchema,
});

/** The frame was processed; the text of its result may have been read from an earlier one. */
export type ResultMessage = v.InferOutput<typeof ResultMessageSchema>;

/** Schema of {@linkcode DropMessage}. */
export const DropMessageSchema = v.object({
  /** Number of the frame in its session. */
  frame_index: frameIndex,
  /** Distinguishes this message from a result. */
  dropped: v.literal(true),
});

/** The frame was dropped, because newer ones came faster than the pipeline could process them. */
export type DropMessage = v.InferOutput<typeof DropMessageSchema>;

/** Schema of {@linkcode WarningMessage}. */
export const WarningMessageSchema = v.object({
  /** The only warning. */
  warning: v.literal("slow_down"),
});

/** Too many frames are being dropped: the client should send fewer. */
export type WarningMessage = v.InferOutput<typeof WarningMessageSchema>;

/** Schema of {@linkcode SessionMessage}. */
export const SessionMessageSchema = v.object({
  /** The same for every connection with the same `stream_key`. */
  session_id: uuid,
});

/** The first message to a client that gave a `stream_key`: under which id its stream can be watched. */
export type SessionMessage = v.InferOutput<typeof SessionMessageSchema>;

/** The WebSocket close code that goes with each error code. */
export const CLOSE_CODES = {
  invalid_pipeline: 1008,
  invalid_rules: 1008,
  too_many_sessions: 1013,
  invalid_message: 1003,
  invalid_frame: 1007,
  frame_too_large: 1009,
  pipeline_failure: 1011,
  session_timeout: 1008,
  internal_error: 1011,
} as const;

/** Why a stream ends; the same word is the reason of the close that follows. */
export type StreamErrorCode = keyof typeof CLOSE_CODES;

/** Schema of {@linkcode StreamErrorCode}. */
export const StreamErrorCodeSchema = v.picklist(Object.keys(CLOSE_CODES) as StreamErrorCode[]);

/** Schema of {@linkcode ErrorMessage}. */
export const ErrorMessageSchema = v.object({
  /** Also the reason of the close that follows. */
  error: StreamErrorCodeSchema,
  /** A sentence for people. */
  detail: text,
});

/** The stream failed, and the server closes it with the close code in {@linkcode CLOSE_CODES}. */
export type ErrorMessage = v.InferOutput<typeof ErrorMessageSchema>;

/** Schema of {@linkcode ServerMessage}. */
export const ServerMessageSchema = v.union([
  ResultMessageSchema,
  DropMessageSchema,
  WarningMessageSchema,
  SessionMessageSchema,
  ErrorMessageSchema,
]);

/** Every message that the server sends on a stream, as one JSON object in a text message. */
export type ServerMessage = v.InferOutput<typeof ServerMessageSchema>;
