/**
 * Errors of video jobs that callers tell apart. Every message is a sentence for people.
 *
 * @module
 */

import { NamedError } from "../named_error.ts";
import { UserError } from "../user_error.ts";

export {
  DatabaseError,
  StorageFullError,
  StorageUnavailableError,
  toStorageError,
} from "../storage/errors.ts";

/** Thrown when there is no job of an id, or no longer. */
export class JobNotFoundError extends NamedError {}

/** Thrown when the store is full and none of its jobs is finished. */
export class JobCapacityError extends NamedError {}

/** Thrown when the state of a job, or of the store, does not allow what was asked. */
export class JobStateError extends NamedError {}

/** Thrown when somebody else has changed a job in the meantime; what is to be changed has to be looked at again. */
export class JobConflictError extends NamedError {}

/** Thrown when another machine goes on with a job that was run here: it has added results meanwhile. */
export class JobTakenError extends JobStateError {}

/** Thrown when a video cannot be decoded to its end. */
export class VideoDecodeError extends UserError {}

/** Thrown for an upload that is no video, or one that cannot be decoded; says what the decoder says. */
export class InvalidVideoError extends NamedError {}

/** Thrown for an upload that is larger than allowed. */
export class UploadTooLargeError extends NamedError {}

/** Thrown for a request that is no complete upload. */
export class InvalidUploadError extends NamedError {}
