/**
 * What every path answers when something goes wrong.
 *
 * @module
 */

import * as v from "valibot";
import { text } from "./values.ts";

/** Schema of {@linkcode ErrorAnswer}. */
export const ErrorAnswerSchema = v.object({
  /** A word for programs, such as `job_not_found`. */
  error: text,
  /** A sentence for people. */
  detail: text,
  /** The field of the request that it is about; left out where it is about none. */
  field: v.exactOptional(text),
});

/** The answer to a request that failed. */
export type ErrorAnswer = v.InferOutput<typeof ErrorAnswerSchema>;
