/** Asks the server for something over HTTP, and says in words why it failed. */

import * as v from "valibot";
import { ErrorAnswerSchema } from "../protocol/error.ts";
import type { Explanation } from "./explanation.ts";
import { serverUrl } from "./server_url.ts";
import { explainMissingToken, keepToken } from "./token.ts";

/** Thrown when the server does not do what was asked for. */
export class ApiError extends Error {
  /** `ApiError`, where it would be `Error` otherwise. */
  override readonly name = "ApiError";
  /** The word of the server's answer; `unreachable`, `aborted` or `invalid_answer` where there was none. */
  readonly code: string;
  /** The server's own sentence; may be empty. */
  readonly detail: string;
  /** The field of the request that the error is about; `undefined` where the server names none. */
  readonly field: string | undefined;

  /**
   * Makes an error of an answer.
   *
   * @param code Of the server's answer, or `unreachable`, `aborted` or `invalid_answer`.
   * @param detail The server's own sentence; may be empty.
   * @param field The field of the request that it is about.
   */
  constructor(code: string, detail = "", field?: string) {
    super(`Cannot do what was asked: ${code}`);
    this.code = code;
    this.detail = detail;
    this.field = field;
  }
}

const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  unreachable: {
    title: "The server cannot be reached",
    remedy: "Check that it is running and that this device is online.",
  },
  invalid_answer: {
    title: "The page did not understand the server",
    remedy: "Reload the page: it may be older than the server.",
  },
};

const UNEXPECTED: Explanation = {
  title: "Something went wrong",
  remedy: "Reload the page: it may be older than the server.",
};

/**
 * What to tell the person about something that was thrown.
 *
 * @param words By the code of an {@linkcode ApiError}, what else there is to say than for every path alike.
 */
export function explainApiError(
  error: unknown,
  words: Readonly<Record<string, Explanation>> = {},
): Explanation {
  if (!(error instanceof ApiError)) return UNEXPECTED;
  if (error.code === "unauthorized") return explainMissingToken();
  return words[error.code] ?? EXPLANATIONS[error.code] ??
    { title: error.detail === "" ? "The server refused" : error.detail, remedy: "" };
}

/**
 * The address of something on the server.
 *
 * @param page Address of the page; its `token`, when it has one, is passed on.
 */
export function apiUrl(page: string, path: string, query: Record<string, string> = {}): string {
  const url = serverUrl(path, page);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

/**
 * Sends a request for something that needs the token, where the server wants one; a token that it accepts is kept.
 *
 * @returns The JSON of the answer; `undefined` where it has no body.
 * @throws {ApiError} If that fails.
 */
export async function request(url: string, init?: RequestInit): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch {
    throw new ApiError(init?.signal?.aborted ? "aborted" : "unreachable");
  }
  if (response.ok) keepToken(url);
  if (response.status === 204) return undefined;
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw toApiError(answer);
  return answer;
}

/** The error that an answer with a status of 400 or above tells of. */
export function toApiError(answer: unknown): ApiError {
  if (!v.is(ErrorAnswerSchema, answer)) return new ApiError("internal_error");
  return new ApiError(answer.error, answer.detail, answer.field);
}

/** The answer of the server, if it is as the schema says. @throws {ApiError} If it is not. */
export function read<const Schema extends v.GenericSchema>(
  schema: Schema,
  answer: unknown,
): v.InferInput<Schema> {
  if (!v.is(schema, answer)) throw new ApiError("invalid_answer");
  return answer;
}
