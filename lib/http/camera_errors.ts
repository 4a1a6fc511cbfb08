/**
 * What the errors of cameras are to clients of the HTTP interface.
 *
 * @module
 */

import * as errors from "../cameras/errors.ts";
import { type ErrorAnswers, toListedApiError } from "./error_answers.ts";

const ANSWERS: ErrorAnswers = [
  [errors.CameraDefinitionError, 400, "invalid_camera"],
  [errors.CameraNotFoundError, 404, "camera_not_found"],
  [errors.CameraExistsError, 409, "camera_exists"],
  [errors.CameraReadOnlyError, 409, "camera_read_only"],
  [errors.CameraLimitError, 503, "too_many_cameras"],
  [errors.CameraStoreError, 503, "storage_unavailable"],
  [errors.CameraUnavailableError, 503, "camera_unavailable"],
];

/** The answer for an error of {@link ../cameras/errors.ts}; anything else stays as it is. */
export function toCameraApiError(error: unknown): unknown {
  return toListedApiError(ANSWERS, error, fieldOf);
}

/** The field of a definition that an error is about; `undefined` for none. */
function fieldOf(error: Error): string | undefined {
  if (error instanceof errors.CameraDefinitionError) return error.field;
  return error instanceof errors.CameraExistsError ? "id" : undefined;
}
