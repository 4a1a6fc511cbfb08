/**
 * What the errors of events are to clients of the HTTP interface.
 *
 * @module
 */

import { cutText } from "../cut_text.ts";
import { EventNotFoundError } from "../events/store/errors.ts";
import { isEventId } from "../events/store/event_id.ts";
import { StorageFullError, StorageUnavailableError } from "../storage/errors.ts";
import { ApiError } from "./api.ts";
import { type ErrorAnswers, toListedApiError } from "./error_answers.ts";

const ANSWERS: ErrorAnswers = [
  [EventNotFoundError, 404, "event_not_found"],
  [StorageFullError, 503, "storage_full"],
];

/** The answer for an error of {@link ../events/store/errors.ts}; anything else stays as it is. */
export function toEventApiError(error: unknown): unknown {
  if (error instanceof StorageUnavailableError) {
    // The message names a folder of the server, which is for its operator only.
    return new ApiError(503, "storage_unavailable", "The server cannot read its events now");
  }
  return toListedApiError(ANSWERS, error);
}

/**
 * Checks an id before it gets near a file.
 *
 * @throws {EventNotFoundError} If it is none that this server could have given
 */
export function checkEventId(id: string): void {
  if (!isEventId(id)) throw new EventNotFoundError(`There is no event ${cutText(id, 64)}`);
}
