/**
 * A Web Worker that has the job database, so that nothing waits for the disk but those who ask for what is on it.
 *
 * @module
 */

import { serveDatabase } from "../../../storage/serve_database.ts";
import type { JobWrite, ResultsCount, ResultsPiece } from "../job_backend.ts";
import { JobDatabase } from "./job_database.ts";
import type { StoredJob } from "./read_job_row.ts";
import type { ResultFormat } from "../../result_formats.ts";

/** What the worker can be asked; each is a method of {@linkcode JobDatabase}. */
export interface DatabaseCalls {
  /** Opens the database at a path, which comes before everything else; gives the jobs in it. */
  open(path: string): StoredJob[];
  /** Makes changes, as a whole or not at all. */
  write(changes: JobWrite): void;
  /** How far the results of a job go. */
  countResults(jobId: string): ResultsCount;
  /** Highest number that an object of a job has. */
  highestTrack(jobId: string): number;
  /** Reads results of a job. */
  readResults(
    jobId: string,
    range: { offset: number; limit: number },
    format: ResultFormat,
  ): ResultsPiece;
  /** Closes the database. */
  close(): void;
}

/** How long it takes until deleting is tried again when the disk did not let it. */
const PURGE_RETRY_MS = 60_000;

let opened: JobDatabase | undefined;
let purging: ReturnType<typeof setTimeout> | undefined;

const calls: DatabaseCalls = {
  open(path) {
    opened = new JobDatabase(path);
    purgeAfter(0);
    return opened.jobs();
  },
  write(changes) {
    database().write(changes);
    if (changes.remove !== undefined) purgeAfter(0);
  },
  countResults: (jobId) => database().countResults(jobId),
  highestTrack: (jobId) => database().highestTrack(jobId),
  readResults: (jobId, range, format) => database().readResults(jobId, range, format),
  close() {
    clearTimeout(purging);
    opened?.close();
    opened = undefined;
  },
};

function database(): JobDatabase {
  if (opened === undefined) throw new TypeError("Cannot use a database that is not open");
  return opened;
}

/** Deletes in small steps what removed jobs have left, with time for calls between them. */
function purgeAfter(milliseconds: number): void {
  clearTimeout(purging);
  purging = setTimeout(() => {
    try {
      if (opened?.purge()) purgeAfter(0);
    } catch {
      // The disk is full, or cannot be written.
      purgeAfter(PURGE_RETRY_MS);
    }
  }, milliseconds);
}

serveDatabase(calls, {
  name: "job database",
  handOver: (method, value) =>
    method === "readResults" ? [(value as ResultsPiece).bytes.buffer] : [],
});
