import type { ErrorMessage } from "./messages.ts";

/** Why the server ended a stream. */
export type StreamErrorCode = ErrorMessage["error"];

/** Why a stream ended: an error of the server, or a loss that only the client can see. */
export type StreamFailureCode =
  | StreamErrorCode
  /** The connection never opened. */
  | "unreachable"
  /** The server asks for another token. */
  | "unauthorized"
  /** An open connection broke. */
  | "connection_lost"
  /** The server is shutting down. */
  | "server_stopping"
  /** The server ended the session, because no frames were sent. */
  | "no_frames"
  /** Frames stayed unanswered. */
  | "no_answer"
  /** Another connection with the same stream key has taken the place of this one. */
  | "replaced"
  /** There is no such stream to watch. */
  | "session_not_found"
  /** The stream that was watched has ended. */
  | "stream_ended";

/** The end of a connection that nobody asked for. */
export interface StreamFailure {
  /** The word that the server sent, else what the client can tell by itself. */
  code: StreamFailureCode;
  /** The server's sentence, or the runtime's where the server cannot be reached; empty when neither said anything. */
  detail: string;
  /** WebSocket close code. */
  close_code: number;
  /** The automatic attempt to come, from 1; `null` when there is none. */
  attempt: number | null;
  /** Milliseconds until that attempt, counted from the failure; 0 when there is none. */
  retry_in_ms: number;
}

/** Codes that the server gives as the reason of a close. */
const REASONS: Readonly<
  Record<StreamErrorCode | "replaced" | "session_not_found" | "stream_ended", true>
> = {
  invalid_pipeline: true,
  invalid_rules: true,
  too_many_sessions: true,
  invalid_message: true,
  invalid_frame: true,
  frame_too_large: true,
  pipeline_failure: true,
  session_timeout: true,
  internal_error: true,
  replaced: true,
  session_not_found: true,
  stream_ended: true,
};

const GOING_AWAY = 1001;

/**
 * What a close of the WebSocket means.
 *
 * @param close.code WebSocket close code.
 * @param close.reason What the server gave as its reason.
 * @param close.opened Whether the connection had been open.
 */
export function failureCode(
  { code, reason, opened }: { code: number; reason: string; opened: boolean },
): StreamFailureCode {
  if (Object.hasOwn(REASONS, reason)) return reason as keyof typeof REASONS;
  if (code === GOING_AWAY) return "server_stopping";
  return opened ? "connection_lost" : "unreachable";
}
