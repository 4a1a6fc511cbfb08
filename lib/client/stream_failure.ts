import type { StreamErrorCode } from "../protocol/stream.ts";

/** Why a stream ended: an error of the server, or a loss that only the client can see. */
export type StreamFailureCode =
  | StreamErrorCode
  /** The connection never opened. */
  | "unreachable"
  /** The server asks for another token than the page has. */
  | "unauthorized"
  /** An open connection broke. */
  | "connection_lost"
  /** The server is shutting down. */
  | "server_stopping"
  /** The server ended the session, because no frames were sent: the source gave none. */
  | "no_frames"
  /** Frames stayed unanswered. */
  | "no_answer"
  /** There is no such stream to watch. */
  | "session_not_found"
  /** The stream that was watched has ended. */
  | "stream_ended";

/** The end of a stream that the person did not ask for. */
export interface StreamFailure {
  /** The word that the server sent, else what the client can tell by itself. */
  code: StreamFailureCode;
  /** The server's sentence; empty when it said nothing. */
  detail: string;
  /** WebSocket close code. */
  close_code: number;
  /** The automatic attempt to come, from 1; `null` when it is up to the person. */
  attempt: number | null;
  /** Milliseconds until that attempt, counted from the failure; 0 when there is none. */
  retry_in_ms: number;
}
