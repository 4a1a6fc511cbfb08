/** Keeps what was found in the frames of a stream, to be saved as a file. */

import { CSV_HEAD, formatCsvRows } from "../../protocol/results_csv.ts";
import type { ResultMessage } from "../../protocol/stream.ts";
import type { VideoFrameResult } from "../../protocol/video_results.ts";

/** The forms in which results are saved. */
export type LogFormat = "csv" | "jsonl";

/** Eleven minutes at 15 frames a second. */
const MOST_RESULTS = 10_000;
/** Masks make results long: a hundred of them a frame take some 100 KB. */
const MOST_CHARACTERS = 50_000_000;

/** The last results of a stream, in bounded memory: 10,000 at most, and 50 million characters. */
export class ResultLog {
  /** Each result as a line of JSON, oldest first. */
  readonly #lines: string[] = [];
  #characters = 0;
  #startedAt: number | null = null;

  /** Number of results kept. */
  get size(): number {
    return this.#lines.length;
  }

  /**
   * Adds a result; the oldest ones make room for it.
   *
   * @param now Milliseconds of a monotonic clock; times in the file count from the first result.
   */
  add({ frame_index, result }: ResultMessage, now: number): void {
    this.#startedAt ??= now;
    const timestamp_ms = Math.round(now - this.#startedAt);
    const line = JSON.stringify({ frame_index, timestamp_ms, result } satisfies VideoFrameResult);
    this.#lines.push(line);
    this.#characters += line.length;
    while (this.#lines.length > MOST_RESULTS || this.#characters > MOST_CHARACTERS) {
      this.#characters -= this.#lines.shift()?.length ?? this.#characters;
    }
  }

  /** Forgets everything, for another stream. */
  clear(): void {
    this.#lines.length = this.#characters = 0;
    this.#startedAt = null;
  }

  /** All results, in the forms that video jobs have too. */
  toFile(format: LogFormat): Blob {
    if (format === "jsonl") {
      return new Blob(this.#lines.map((line) => `${line}\n`), { type: "application/x-ndjson" });
    }
    const rows = this.#lines.map((line) => formatCsvRows(JSON.parse(line)));
    return new Blob([CSV_HEAD, ...rows], { type: "text/csv" });
  }
}
