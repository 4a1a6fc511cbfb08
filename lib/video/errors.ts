/**
 * Errors of video jobs that callers tell apart. Every message is a sentence for people.
 *
 * @module
 */

import { NamedError } from "../named_error.ts";
import { UserError } from "../user_error.ts";

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

/** Thrown when the disk is full. */
export class StorageFullError extends NamedError {}

/** Thrown when the directory of jobs cannot be used. */
export class StorageUnavailableError extends UserError {}

/** Thrown when the job database cannot be read or written; the message says what of it, without paths and SQLite's words. */
export class JobDatabaseError extends StorageUnavailableError {}

/** What the system says of a disk that is full: of room, of inodes, or of what one user may have. */
const FULL_CODES = ["ENOSPC", "EDQUOT"];

/** What the system says of a disk that cannot be written at all. */
const UNAVAILABLE_CODES = ["EROFS", "EACCES", "EPERM", "EIO"];

/** The error of a disk as one of those above; anything else stays as it is. */
export function toStorageError(error: unknown): unknown {
  if (!(error instanceof Error && "code" in error)) return error;
  if (FULL_CODES.includes(String(error.code))) {
    return new StorageFullError("The disk of the server is full", { cause: error });
  }
  if (UNAVAILABLE_CODES.includes(String(error.code))) {
    return new StorageUnavailableError(`Cannot write to the disk: ${error.code}`, { cause: error });
  }
  return error;
}
