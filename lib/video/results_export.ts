/**
 * Results of a job as pages, and as files to download.
 *
 * @module
 */

import { CSV_HEAD } from "../protocol/results_csv.ts";
import { MAX_PAGE_RESULTS } from "../protocol/video_results.ts";
import type { JobStore } from "./jobs/job_store.ts";
import type { ResultFormat } from "./result_formats.ts";

/** Which results of a job are on a page. */
export interface PageRange {
  /** Results before the page. */
  offset: number;
  /** Most results of the page. */
  limit: number;
}

/** An answer that is made while it is read. */
type Bytes = ReadableStream<Uint8Array<ArrayBuffer>>;

/**
 * One page of the results of a job: a `ResultsPage` as JSON.
 *
 * @throws {JobNotFoundError} If there is no job of this id
 * @throws {RangeError} If `offset` is negative or `limit` not between 1 and {@linkcode MAX_PAGE_RESULTS}
 */
export async function exportPage(
  store: JobStore,
  jobId: string,
  { offset, limit }: PageRange,
): Promise<Bytes> {
  if (!(Number.isSafeInteger(offset) && offset >= 0)) {
    throw new RangeError(`Cannot read results from offset ${offset}`);
  }
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= MAX_PAGE_RESULTS)) {
    throw new RangeError(
      `Cannot read ${limit} results at once: expected a number between 1 and ${MAX_PAGE_RESULTS}`,
    );
  }
  const { count: total } = await store.results.count(jobId);
  const empty = JSON.stringify({ job_id: jobId, total, offset, limit, results: [] });
  const around = { head: empty.slice(0, -2), separator: ",", tail: empty.slice(-2) };
  return await exportResults(store, jobId, { type: "json" }, around, { offset, limit });
}

/**
 * All results of a job, one JSON object a line.
 *
 * @throws {JobNotFoundError} If there is no job of this id
 */
export async function exportJsonl(store: JobStore, jobId: string): Promise<Bytes> {
  return await exportResults(store, jobId, { type: "jsonl" });
}

/**
 * Everything that a job found, as CSV (RFC 4180): one row for each object, `kind` `object`, each class of the whole frame,
 * `kind` `class`, and each line of text, `kind` `text`, with places in pixels of the video.
 *
 * @throws {JobNotFoundError} If there is no job of this id
 */
export async function exportCsv(store: JobStore, jobId: string): Promise<Bytes> {
  return await exportResults(store, jobId, { type: "csv" }, { head: CSV_HEAD });
}

/** All results of a job in a form, one piece after another. @throws {JobNotFoundError} If there is no job of this id */
export async function* readAllResults(
  store: JobStore,
  jobId: string,
  format: ResultFormat,
  { offset, limit }: PageRange = ALL,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let left = limit, next = offset; left > 0;) {
    const { bytes, count } = await store.results.read(jobId, { offset: next, limit: left }, format);
    if (count === 0) return;
    yield bytes;
    next += count;
    left -= count;
  }
}

const ALL: PageRange = { offset: 0, limit: Number.MAX_SAFE_INTEGER };

async function exportResults(
  store: JobStore,
  jobId: string,
  format: ResultFormat,
  { head = "", separator = "", tail = "" }: { head?: string; separator?: string; tail?: string } =
    {},
  range?: PageRange,
): Promise<Bytes> {
  const encoder = new TextEncoder();
  const pieces = readAllResults(store, jobId, format, range);
  // Fails here rather than amid the answer where there is no such job, or the disk cannot be read.
  const first = await pieces.next();
  return ReadableStream.from((async function* () {
    yield encoder.encode(head);
    if (!first.done) yield first.value;
    for await (const piece of pieces) {
      if (separator !== "") yield encoder.encode(separator);
      yield piece;
    }
    yield encoder.encode(tail);
  })());
}
