/**
 * Errors of video jobs that callers tell apart. Every message is a sentence for people.
 *
 * @module
 */

/** Thrown when there is no job of an id, or no longer. */
export class JobNotFoundError extends Error {
  override name = "JobNotFoundError";
}

/** Thrown when the store is full and none of its jobs is finished. */
export class JobCapacityError extends Error {
  override name = "JobCapacityError";
}

/** Thrown when the state of a job, or of the store, does not allow what was asked. */
export class JobStateError extends Error {
  override name = "JobStateError";
}

/** Thrown when a video cannot be decoded to its end. */
export class VideoDecodeError extends Error {
  override name = "VideoDecodeError";
}

/** Thrown for an upload that is no MP4. */
export class InvalidVideoError extends Error {
  override name = "InvalidVideoError";
}

/** Thrown for an upload that is larger than allowed. */
export class UploadTooLargeError extends Error {
  override name = "UploadTooLargeError";
}

/** Thrown for a request that is no complete upload. */
export class InvalidUploadError extends Error {
  override name = "InvalidUploadError";
}

/** Thrown when the disk is full. */
export class StorageFullError extends Error {
  override name = "StorageFullError";
}

/** Thrown when the directory of jobs cannot be used. */
export class StorageUnavailableError extends Error {
  override name = "StorageUnavailableError";
}
