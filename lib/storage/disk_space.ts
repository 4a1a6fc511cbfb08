/**
 * How much of the disk may be used.
 *
 * @module
 */

import { statfs } from "node:fs/promises";
import { StorageFullError } from "./errors.ts";

/** Bytes that are promised at a time to who does not know how many will be needed. */
const STEP_BYTES = 4_194_304;

/** Options of {@linkcode DiskSpace}. */
export interface DiskSpaceOptions {
  /** Bytes that stay free: uploads and annotated videos end there, results go on into the first half of them. */
  reserveBytes: number;
  /** Finds out the free bytes of the disk; by asking the system unless given. */
  freeBytes?: () => Promise<number>;
}

/** Bytes of the disk that are reserved until they are written or the promise is disposed of. */
export interface SpacePromise extends Disposable {
  /**
   * Ensures that so many bytes are reserved; missing ones are reserved in steps.
   *
   * @throws {StorageFullError} If there is no room for them
   */
  need(bytes: number): Promise<void>;
  /** Says that so many of the promised bytes are written. */
  spend(bytes: number): void;
}

/** The disk on which the server keeps its data. */
export class DiskSpace {
  readonly #reserveBytes: number;
  readonly #freeBytes: () => Promise<number>;
  #promised = 0;
  /** Bytes that were ever written of what was promised. */
  #spent = 0;

  /** Looks after the disk that a directory is on. */
  constructor(directory: string, { reserveBytes, freeBytes }: DiskSpaceOptions) {
    this.#reserveBytes = reserveBytes;
    this.#freeBytes = freeBytes ?? (() => readFreeBytes(directory));
  }

  /**
   * Promises bytes, so that many who begin at once do not fill the disk together.
   *
   * @param bytes As many as are known to be needed, 0 where that is unknown
   * @throws {StorageFullError} If the disk has not so much room above the reserve
   */
  async promise(bytes: number): Promise<SpacePromise> {
    let left = 0;
    let isOver = false;
    const add = (more: number) => {
      if (isOver) return;
      left += more;
      this.#promised += more;
    };
    const ask = async (needed: number, wanted = needed) => {
      const spentBefore = this.#spent;
      const free = await this.#freeBytes();
      // What was written in the meantime may not be missing from the free bytes yet. From here on nothing waits, so that two
      // cannot be promised the same bytes.
      const taken = this.#promised + this.#spent - spentBefore;
      const room = free - taken - this.#reserveBytes;
      if (room < needed) throw full();
      add(Math.min(wanted, room));
    };
    await ask(bytes);
    return {
      need: async (bytes) => {
        if (bytes > left) await ask(bytes - left, bytes - left + STEP_BYTES);
      },
      spend: (bytes) => {
        add(-bytes);
        this.#spent += bytes;
      },
      [Symbol.dispose]: () => {
        add(-left);
        isOver = true;
      },
    };
  }

  /**
   * Checks that results may still be written.
   *
   * @throws {StorageFullError} If more than half of the reserve is used up
   */
  async checkResults(): Promise<void> {
    if (await this.#freeBytes() < this.#reserveBytes / 2) throw full();
  }
}

function full(): StorageFullError {
  return new StorageFullError("The disk of the server is almost full");
}

async function readFreeBytes(directory: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  } catch {
    // A file system that does not tell has to say by itself when it is full.
    return Infinity;
  }
}
