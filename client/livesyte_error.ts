import type { StreamFailureCode } from "./failure.ts";
import type { ErrorAnswer } from "./messages.ts";

/** Why something failed: a word of the server, or what the client can tell by itself. */
export type LivesyteErrorCode =
  | StreamFailureCode
  /** `send` was called after `close` or `end`. */
  | "closed"
  /** The answer is not what this version of the client expects. */
  | "invalid_answer"
  // deno-lint-ignore ban-types -- keeps the words above in the suggestions of editors
  | (string & {});

/** Thrown wherever the server refuses something, cannot be reached, or ends a stream. */
export class LivesyteError extends Error {
  /** `LivesyteError`, where it would be `Error` otherwise. */
  override readonly name = "LivesyteError";
  /** A word for programs, such as `invalid_pipeline`; docs/protocol.md and docs/endpoints.md list those of the server. */
  readonly code: LivesyteErrorCode;

  /**
   * Makes an error.
   *
   * @param code A word for programs.
   * @param message A sentence for people.
   * @param options.cause What led to it.
   */
  constructor(
    code: LivesyteErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
  }
}

const SENTENCES: Readonly<Partial<Record<StreamFailureCode, string>>> = {
  unreachable: "The server cannot be reached",
  unauthorized: "The server asks for a token, or for another one",
  connection_lost: "The connection was lost",
  server_stopping: "The server is shutting down",
  no_answer: "The server stopped answering",
  replaced: "Another connection has taken the stream over",
  session_not_found: "There is no such stream",
};

/** The error for a stream that has ended; the server's own sentence where it gave one. */
export function streamError(
  { code, detail }: { code: StreamFailureCode; detail: string },
): LivesyteError {
  const sentence = SENTENCES[code] ?? `The stream failed: ${code}`;
  if (code === "unreachable" && detail !== "") {
    return new LivesyteError(code, `${sentence}: ${detail}`);
  }
  return new LivesyteError(code, detail || sentence);
}

/** The error for an answer that is none of those that were asked for; in the server's own words where it gave some. */
export async function answerError(response: Response): Promise<LivesyteError> {
  const { error = "invalid_answer", detail = `HTTP ${response.status}` }: Partial<ErrorAnswer> =
    await response.json().catch(() => ({}));
  return new LivesyteError(error, detail);
}
