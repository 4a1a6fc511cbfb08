/**
 * Keeps the cameras that were added over HTTP.
 *
 * @module
 */

import { join } from "node:path";
import { reasonOf } from "../user_error.ts";
import type { CameraDefinition } from "../protocol/camera_definition.ts";
import { formatCameraList, parseCameraList, problemOf } from "./camera_list.ts";
import { CameraStoreError } from "./errors.ts";

/** Name of the file in the data directory. */
const STORE_NAME = "cameras.json";

/**
 * The cameras in a file that only its owner may read, since their addresses hold passwords.
 *
 * A file that cannot be read is left as it is: until it has been mended or moved away nothing is written, so nothing is lost.
 * All work on it is synchronous, so that no change comes between another and its place on the disk; it takes about a millisecond.
 */
export class CameraStore {
  readonly #directory: string;
  readonly #path: string;
  /** As they stand in the file. */
  readonly cameras: readonly CameraDefinition[];
  /** Why the file cannot be read; `undefined` if it can, or is not there. */
  readonly problem: string | undefined;

  /** Reads what is there. */
  constructor(directory: string) {
    this.#directory = directory;
    this.#path = join(directory, STORE_NAME);
    let cameras: CameraDefinition[] = [];
    try {
      cameras = parseCameraList(Deno.readTextFileSync(this.#path));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) {
        this.problem = `Cannot use ${STORE_NAME} in the data directory: ${problemOf(error)}; ` +
          "mend it or move it away, then start again";
      }
    }
    this.cameras = cameras;
  }

  /**
   * Renames the file, since its cameras are kept elsewhere from now on; one that cannot be read is left as it is.
   *
   * @throws {CameraStoreError} If it cannot be renamed
   */
  putAside(): void {
    if (this.problem !== undefined) return;
    try {
      Deno.renameSync(this.#path, `${this.#path}.shared`);
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return;
      const message = `Cannot put ${STORE_NAME} in the data directory aside: ${reasonOf(cause)}`;
      throw new CameraStoreError(message, { cause });
    }
  }

  /**
   * Puts other cameras in place of those that are there, or fails and changes nothing.
   *
   * @throws {CameraStoreError} If the file could not be read, or cannot be written
   */
  save(cameras: readonly CameraDefinition[]): void {
    if (this.problem !== undefined) throw new CameraStoreError(this.problem);
    const temporary = `${this.#path}.new`;
    try {
      Deno.mkdirSync(this.#directory, { recursive: true });
      removeIfThere(temporary);
      const file = Deno.openSync(temporary, { write: true, createNew: true, mode: 0o600 });
      try {
        writeAll(file, new TextEncoder().encode(formatCameraList(cameras)));
        file.syncSync();
      } finally {
        file.close();
      }
      Deno.renameSync(temporary, this.#path);
    } catch (cause) {
      const message = `Cannot keep the cameras in the data directory: ${reasonOf(cause)}`;
      throw new CameraStoreError(message, { cause });
    }
  }
}

/** What an interrupted write has left might be readable for others. */
function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) {
    written += file.writeSync(bytes.subarray(written));
  }
}
