/**
 * JSON answers of the HTTP interface: `{"error":"<code>","detail":"<sentence>"}` for everything that goes wrong.
 *
 * @module
 */

import { NamedError } from "../named_error.ts";
import type { ErrorAnswer } from "../protocol/error.ts";
import { logEvent } from "../telemetry/log.ts";

/** First segments of the paths that answer programs; all others are pages. */
const API_SEGMENTS = [
  "camera",
  "event",
  "health",
  "metrics",
  "models",
  "openapi.json",
  "pipelines",
  "ready",
  "sessions",
  "v1",
  "video",
  "ws",
];

/** Whether programs look at this path of a URL, and not people. */
export function isApiPath(pathname: string): boolean {
  return API_SEGMENTS.includes(/^\/*([^/]*)/.exec(pathname)?.[1] ?? "");
}

/** Thrown by a handler to answer with an error. */
export class ApiError extends NamedError {
  /** HTTP status of the answer, 400 or above. */
  readonly status: number;
  /** A word for programs, such as `job_not_found`; the answer's `error`. */
  readonly code: string;
  /** Further headers of the answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** The field of the request that it is about; `undefined` for none. */
  readonly field: string | undefined;

  /**
   * Makes an error that {@linkcode api} turns into an answer.
   * @param status HTTP status of the answer
   * @param code A word for programs
   * @param detail A sentence for people, which is also the message
   * @param headers Further headers of the answer
   * @param field The field of the request that it is about
   */
  constructor(
    status: number,
    code: string,
    detail: string,
    headers: Readonly<Record<string, string>> = {},
    field?: string,
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.headers = headers;
    this.field = field;
  }

  /** The answer for it. */
  toResponse(): Response {
    const { code: error, message: detail, field, status, headers } = this;
    const answer: ErrorAnswer = { error, detail, ...field !== undefined && { field } };
    return Response.json(answer, { status, headers });
  }
}

/** An answer to what may be asked again a little later. */
export function overloaded(detail: string): ApiError {
  return new ApiError(503, "overloaded", detail, { "Retry-After": "1" });
}

/** What a handler needs to know of a request; a Fresh context is one. */
interface RequestContext {
  req: Request;
}

/** Methods that the interface uses. */
export type ApiMethod = "GET" | "POST" | "PATCH" | "DELETE";

/**
 * Makes one handler of handlers by method, for a file in `routes/`.
 *
 * A method without a handler is answered with 405, a thrown {@linkcode ApiError} as it says, and anything else thrown
 * with 500, whose cause only the log sees. HEAD is answered as GET; the server leaves the body out.
 */
export function api<Context extends RequestContext>(
  methods: Partial<Record<ApiMethod, (context: Context) => Response | Promise<Response>>>,
): (context: Context) => Promise<Response> {
  const allowed = Object.keys(methods);
  if (methods.GET) allowed.push("HEAD");
  return async (context) => {
    const name = context.req.method === "HEAD" ? "GET" : context.req.method;
    const handler = Object.hasOwn(methods, name) ? methods[name as ApiMethod] : undefined;
    try {
      if (handler === undefined) {
        const Allow = allowed.join(", ");
        throw new ApiError(405, "method_not_allowed", `Use ${Allow} for this path`, { Allow });
      }
      return await handler(context);
    } catch (error) {
      return toApiError(error).toResponse();
    }
  };
}

/** What a client is told of an error; one that is none of {@linkcode ApiError} is logged. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  logEvent("error", "server_error", "Request failed unexpectedly", { cause: String(error) });
  return new ApiError(500, "internal_error", "Unexpected error occurred");
}
