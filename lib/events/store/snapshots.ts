/**
 * The pictures of events, a JPEG file for each.
 *
 * @module
 */

import { isEventId } from "./event_id.ts";

/** Names, writes and removes the files in one directory. */
export class Snapshots {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Works in one directory; files of other names in it are left alone.
   *
   * @param directory Made if need be
   */
  static async open(directory: string): Promise<Snapshots> {
    await Deno.mkdir(directory, { recursive: true });
    return new Snapshots(directory);
  }

  /** Where the picture of an event is. @throws {RangeError} If that is no id of an event */
  path(id: string): string {
    if (!isEventId(id)) throw new RangeError("Cannot name a snapshot: that is no id of an event");
    return `${this.#directory}/${id}.jpg`;
  }

  /** Writes a picture. What is left of one that could not be written is removed. */
  async write(id: string, jpeg: Uint8Array<ArrayBuffer>): Promise<void> {
    try {
      await Deno.writeFile(this.path(id), jpeg, { mode: 0o600 });
    } catch (error) {
      await this.remove(id);
      throw error;
    }
  }

  /** Reads a picture; `undefined` where there is none. */
  async read(id: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      return await Deno.readFile(this.path(id));
    } catch {
      return undefined;
    }
  }

  /** Removes a picture. One that cannot be removed is left for {@linkcode removeOthers}. */
  async remove(id: string): Promise<void> {
    await Deno.remove(`${this.#directory}/${id}.jpg`).catch(() => {});
  }

  /** Removes the pictures of events that are not known. */
  async removeOthers(known: ReadonlySet<string>): Promise<void> {
    for await (const { name } of Deno.readDir(this.#directory)) {
      const id = name.replace(/\.jpg$/, "");
      if (id !== name && isEventId(id) && !known.has(id)) await this.remove(id);
    }
  }
}
