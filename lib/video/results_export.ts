/**
 * Results of a job as pages, and as files to download.
 *
 * @module
 */

import type { BoundingBox } from "../client/protocol.ts";
import type { ResultsPage, VideoFrameResult } from "../client/video_protocol.ts";
import type { JobStore } from "./job_store.ts";

/** Most results of one page. */
export const MAX_PAGE_RESULTS = 1000;

/** Results that are read at a time; few enough not to hold up a live stream. */
const CHUNK_RESULTS = 100;

const CSV_COLUMNS = "frame_index,timestamp_ms,kind,label,text,confidence,x,y,width,height";

/**
 * One page of the results of a job.
 *
 * @throws {JobNotFoundError} If there is no job of this id
 * @throws {RangeError} If `offset` is negative or `limit` not between 1 and {@linkcode MAX_PAGE_RESULTS}
 */
export function getResultsPage(
  store: JobStore,
  jobId: string,
  { offset = 0, limit = 100 }: { offset?: number; limit?: number } = {},
): ResultsPage {
  if (!(Number.isSafeInteger(offset) && offset >= 0)) {
    throw new RangeError(`Cannot read results from offset ${offset}`);
  }
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= MAX_PAGE_RESULTS)) {
    throw new RangeError(
      `Cannot read ${limit} results at once: expected a number between 1 and ${MAX_PAGE_RESULTS}`,
    );
  }
  const { count: total } = store.countResults(jobId);
  return { job_id: jobId, total, offset, limit, results: store.results(jobId, { offset, limit }) };
}

/**
 * All results of a job, one JSON object a line.
 *
 * @throws {JobNotFoundError} If there is no job of this id
 */
export function exportJsonl(store: JobStore, jobId: string): ReadableStream<Uint8Array> {
  return exportResults(store, jobId, (result) => `${JSON.stringify(result)}\n`);
}

/**
 * Everything that was found by a job as CSV (RFC 4180): one row for each object, `kind` `object`, and each line of text,
 * `kind` `text`, with its box in pixels of the video.
 *
 * @throws {JobNotFoundError} If there is no job of this id
 */
export function exportCsv(store: JobStore, jobId: string): ReadableStream<Uint8Array> {
  return exportResults(store, jobId, formatCsvRows, `${CSV_COLUMNS}\r\n`);
}

/** The rows of one frame; none when nothing was found in it. */
export function formatCsvRows({ frame_index, timestamp_ms, result }: VideoFrameResult): string {
  const row = (kind: string, label: string, text: string, confidence: number, box: BoundingBox) => {
    const fields = [frame_index, timestamp_ms, kind, escapeCsv(label), escapeCsv(text)];
    return `${[...fields, confidence, ...box].join(",")}\r\n`;
  };
  return [
    ...result.detections.map(({ label, confidence, bbox }) =>
      row("object", label, "", confidence, bbox)
    ),
    ...result.text_blocks.map(({ text, confidence, bbox }) =>
      row("text", "", text, confidence, bbox)
    ),
  ].join("");
}

/**
 * A text as a field of CSV. What spreadsheets would take for a formula gets an apostrophe in front (OWASP, "CSV
 * injection"): text in a video is whatever somebody holds in front of the camera.
 */
export function escapeCsv(text: string): string {
  const harmless = /^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

function exportResults(
  store: JobStore,
  jobId: string,
  format: (result: VideoFrameResult) => string,
  head = "",
): ReadableStream<Uint8Array> {
  // Throws for an unknown job here rather than amid the answer.
  store.countResults(jobId);
  let afterFrame = -1;
  let start = head;
  return new ReadableStream<string>({
    pull(controller) {
      const results = store.results(jobId, { afterFrame, limit: CHUNK_RESULTS });
      afterFrame = results.at(-1)?.frame_index ?? afterFrame;
      controller.enqueue(start + results.map(format).join(""));
      start = "";
      if (results.length < CHUNK_RESULTS) controller.close();
    },
  }).pipeThrough(new TextEncoderStream());
}
