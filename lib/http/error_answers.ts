/**
 * What errors of other parts are to clients of the HTTP interface.
 *
 * @module
 */

import { ApiError } from "./api.ts";

/** The status and the code for each kind of error, whose message is for clients too. */
export type ErrorAnswers = readonly [
  // Their constructors differ in what they take.
  type: new (...args: never[]) => Error,
  status: number,
  code: string,
][];

/**
 * The answer for an error; anything that is not listed stays as it is.
 *
 * @param fieldOf The field of a body that an error is about
 */
export function toListedApiError(
  answers: ErrorAnswers,
  error: unknown,
  fieldOf: (error: Error) => string | undefined = () => undefined,
): unknown {
  const answer = answers.find(([type]) => error instanceof type);
  if (answer === undefined || !(error instanceof Error)) return error;
  const [, status, code] = answer;
  return new ApiError(status, code, error.message, {}, fieldOf(error));
}
