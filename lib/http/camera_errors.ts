/**
 * What the errors of cameras are to clients of the HTTP interface.
 *
 * @module
 */

import * as errors from "../cameras/errors.ts";
import { ApiError } from "./api.ts";

const ANSWERS: readonly [type: new (message: string) => Error, status: number, code: string][] = [
  [errors.CameraDefinitionError, 400, "invalid_camera"],
  [errors.CameraNotFoundError, 404, "camera_not_found"],
  [errors.CameraExistsError, 409, "camera_exists"],
  [errors.CameraReadOnlyError, 409, "camera_read_only"],
  [errors.CameraLimitError, 503, "too_many_cameras"],
  [errors.CameraStoreError, 503, "storage_unavailable"],
];

/** The answer for an error of {@link ../cameras/errors.ts}; anything else stays as it is. */
export function toCameraApiError(error: unknown): unknown {
  const answer = ANSWERS.find(([type]) => error instanceof type);
  if (answer === undefined || !(error instanceof Error)) return error;
  const [, status, code] = answer;
  return new ApiError(status, code, error.message);
}
