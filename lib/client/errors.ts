/** Friendly texts for everything that can end a stream. */

import type { StreamFailure, StreamFailureCode } from "../../client/failure.ts";
import type { Explanation } from "./explanation.ts";
import { explainMissingToken } from "./token.ts";

const EXPLANATIONS: Readonly<Record<Exclude<StreamFailureCode, "unauthorized">, Explanation>> = {
  invalid_pipeline: {
    title: "The server does not know this pipeline",
    remedy: "Retry with one that it offers, or choose another below the image.",
  },
  invalid_rules: {
    title: "The server does not know these rules",
    remedy: "Take rules out of the address of this page, or name a set that the server has.",
  },
  too_many_sessions: {
    title: "The server is full",
    remedy: "It is serving as many streams as it can. Try again in a moment.",
  },
  invalid_message: {
    title: "The server did not understand the page",
    remedy: "Reload the page: it may be older than the server.",
  },
  invalid_frame: {
    title: "The server could not read a frame",
    remedy: "Retry, or choose another camera or file.",
  },
  frame_too_large: {
    title: "The frames are too large for the server",
    remedy: "Retry to send smaller ones.",
  },
  pipeline_failure: {
    title: "The pipeline failed on a frame",
    remedy: "If it happens again, the server’s log says why.",
  },
  session_timeout: {
    title: "The server ended the session",
    remedy: "It was open for too long. Reconnect to continue.",
  },
  no_frames: {
    title: "No frames are coming in",
    remedy: "A call or another program may be using the camera. The stream resumes by itself.",
  },
  internal_error: {
    title: "Something went wrong on the server",
    remedy: "If it happens again, the server’s log says why.",
  },
  unreachable: {
    title: "The server cannot be reached",
    remedy: "Check that it is running and that this device is online.",
  },
  connection_lost: {
    title: "The connection was lost",
    remedy: "Check that the server is running and that this device is online.",
  },
  server_stopping: {
    title: "The server is shutting down",
    remedy: "It may be back in a moment.",
  },
  no_answer: {
    title: "The server stopped answering",
    remedy: "It may be overloaded, or the network may be down.",
  },
  replaced: {
    title: "Another window has taken over",
    remedy: "It streams in place of this one. Reconnect to take the stream back.",
  },
  session_not_found: {
    title: "There is no such stream",
    remedy: "It may have ended already.",
  },
  stream_ended: {
    title: "The stream has ended",
    remedy: "Its sender has stopped.",
  },
};

/** What to tell the person about the end of a stream. */
export function explainStreamFailure({ code }: Pick<StreamFailure, "code">): Explanation {
  return code === "unauthorized" ? explainMissingToken() : EXPLANATIONS[code];
}

/**
 * The word on the button that tries again, and what is being done without it.
 *
 * @param secondsLeft Whole seconds to the next automatic attempt.
 */
export function describeRetry(
  failure: StreamFailure,
  secondsLeft: number,
): { button: string; progress: string } {
  if (failure.attempt === null) return { button: retryWord(failure.code), progress: "" };
  const progress = secondsLeft > 0 ? `Trying again in ${secondsLeft} s` : "Trying again now";
  return { button: "Retry now", progress };
}

function retryWord(code: StreamFailureCode): string {
  switch (code) {
    case "session_timeout":
    case "unreachable":
    case "connection_lost":
    case "server_stopping":
    case "no_answer":
    case "replaced":
      return "Reconnect";
    default:
      return "Retry";
  }
}
