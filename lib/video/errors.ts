/**
 * Errors of video jobs that callers tell apart. Every message is a sentence for people.
 *
 * @module
 */

import { UserError } from "../user_error.ts";

/** Thrown when there is no job of an id, or no longer. */
export class JobNotFoundError extends Error {
  /** Name of the class, as `String(error)` gives it. */
  override name = "JobNotFoundError";
}

/** Thrown when the store is full and none of its jobs is finished. */
export class JobCapacityError extends Error {
  /** Name of the class, as `String(error)` gives it. */
  override name = "JobCapacityError";
}

/** Thrown when the state of a job, or of the store, does not allow what was asked. */
export class JobStateError extends Error {
  /** Name of the class, as `String(error)` gives it. */
  override name = "JobStateError";
}

/** Thrown when a video cannot be decoded to its end. */
export class VideoDecodeError extends Error {
  /** Name of the class, as `String(error)` gives it. */
  override name = "VideoDecodeError";
}

/** Thrown for an upload that is no MP4. */
export class InvalidVideoError extends Error {
  /** Name of the class, as `String(error)` gives it. */
  override name = "InvalidVideoError";
}

/** Thrown for an upload that is larger than allowed. */
export class UploadTooLargeError extends Error {
  /** Name of the class, as `String(error)` gives it. */
  override name = "UploadTooLargeError";
}

/** Thrown for a request that is no complete upload. */
export class InvalidUploadError extends Error {
  /** Name of the class, as `String(error)` gives it. */
  override name = "InvalidUploadError";
}

/** Thrown when the disk is full. */
export class StorageFullError extends Error {
  /** Name of the class, as `String(error)` gives it. */
  override name = "StorageFullError";
}

/** Thrown when the directory of jobs cannot be used. */
export class StorageUnavailableError extends UserError {
  /** Name of the class, as `String(error)` gives it. */
  override name = "StorageUnavailableError";
}
