/**
 * What the errors of video jobs are to clients of the HTTP interface.
 *
 * @module
 */

import { cutText } from "../cut_text.ts";
import { RuleError } from "../events/errors.ts";
import * as errors from "../video/errors.ts";
import { isJobId } from "../video/jobs/job.ts";
import { ApiError } from "./api.ts";
import { type ErrorAnswers, toListedApiError } from "./error_answers.ts";

const ANSWERS: ErrorAnswers = [
  [errors.JobNotFoundError, 404, "job_not_found"],
  [errors.JobCapacityError, 503, "too_many_jobs"],
  [errors.JobStateError, 409, "invalid_state"],
  [RuleError, 400, "invalid_rules"],
  [errors.InvalidVideoError, 400, "invalid_video"],
  [errors.InvalidUploadError, 400, "invalid_upload"],
  [errors.UploadTooLargeError, 413, "payload_too_large"],
  [errors.StorageFullError, 503, "storage_full"],
  [errors.VideoDecodeError, 422, "decode_failed"],
];

/** The answer for an error of {@link ../video/errors.ts}; anything else stays as it is. */
export function toVideoApiError(error: unknown): unknown {
  if (error instanceof errors.StorageUnavailableError) {
    // The message names a folder of the server, which is for its operator only.
    return new ApiError(503, "storage_unavailable", "The server cannot keep video jobs now");
  }
  return toListedApiError(ANSWERS, error, placeOf);
}

/** Where rules are wrong; `undefined` for other errors. */
function placeOf(error: Error): string | undefined {
  return error instanceof RuleError ? error.place : undefined;
}

/**
 * Checks an id before it gets near a file.
 *
 * @throws {JobNotFoundError} If it is none that this server could have given
 */
export function checkJobId(id: string): void {
  if (!isJobId(id)) {
    throw new errors.JobNotFoundError(`There is no job ${cutText(id, 64)}`);
  }
}
