/** Gives up a source that sends, and sends nothing that can be shown. */

import { SourceError } from "../decode/source_error.ts";

/** The server takes a source for silent after ten seconds, which would be the wrong reason. */
const LONGEST_MS = 9000;

/** Knows for how long there were only images that cannot be used. */
export class Damage {
  readonly #nowMs: () => number;
  #sinceMs: number | undefined;

  /**
   * Begins without any.
   *
   * @param nowMs Any clock, in milliseconds; that of the process by default
   */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Notes an image that can be used. */
  good(): void {
    this.#sinceMs = undefined;
  }

  /** Notes one that cannot. @throws {SourceError} After nine seconds of nothing else */
  bad(): void {
    this.#sinceMs ??= this.#nowMs();
    if (this.#nowMs() - this.#sinceMs > LONGEST_MS) throw new SourceError("no_frames");
  }
}
