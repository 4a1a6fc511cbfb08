/**
 * What is wrong with the disk, or with what is on it. Every message is a sentence for people.
 *
 * @module
 */

import { NamedError } from "../named_error.ts";
import { UserError } from "../user_error.ts";

/** Thrown when the disk is full. */
export class StorageFullError extends NamedError {}

/** Thrown when what the server keeps on the disk cannot be used. */
export class StorageUnavailableError extends UserError {}

/** Thrown when a database cannot be read or written; the message says what of it, without SQLite's words. */
export class DatabaseError extends StorageUnavailableError {}

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
