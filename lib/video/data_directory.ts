/**
 * Whether jobs can be kept in a directory, and why not.
 *
 * @module
 */

import { dirname } from "node:path";
import { isDiskFull, reasonOf } from "../user_error.ts";
import { DatabaseError, JobStateError, StorageUnavailableError } from "./errors.ts";

/**
 * Checks that a directory can be written to, or made; leaves no trace of that.
 *
 * A full disk passes: jobs that are there can be read, and deleted to make room.
 *
 * @throws {StorageUnavailableError} If it cannot
 */
export function checkDataDirectory(path: string): void {
  try {
    Deno.removeSync(Deno.makeTempFileSync({ dir: nearestExisting(path), prefix: ".livesyte-" }));
  } catch (error) {
    if (!isDiskFull(error)) throw toDataDirectoryError(error, path);
  }
}

/** Describes what keeps the jobs in a directory from being used. */
export function toDataDirectoryError(error: unknown, path: string): StorageUnavailableError {
  const message = `Cannot use the data directory ${path}: ${describe(error)}`;
  return new StorageUnavailableError(message, { cause: error });
}

function nearestExisting(path: string): string {
  try {
    Deno.statSync(path);
    return path;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound) || dirname(path) === path) throw error;
    return nearestExisting(dirname(path));
  }
}

function describe(error: unknown): string {
  if (error instanceof JobStateError || error instanceof DatabaseError) return error.message;
  return `${reasonOf(error)}; set DATA_DIR to a folder that can be written to`;
}
