/**
 * A Web Worker that has the job database, so that nothing waits for the disk but those who ask for what is on it.
 *
 * @module
 */

import { setPriority } from "node:os";
import { JobDatabaseError, StorageFullError } from "../../errors.ts";
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

/** One call. */
export interface DatabaseRequest {
  /** Comes back with the reply. */
  id: number;
  /** What to do. */
  method: keyof DatabaseCalls;
  /** Its arguments. */
  args: readonly unknown[];
}

/** What became of a call: a value, or the error that it threw. */
export interface DatabaseReply {
  /** That of the request. */
  id: number;
  /** What the method returned. */
  value?: unknown;
  /** Name of the class of {@link ./errors.ts}, or any other, and the message. */
  error?: { name: string; message: string };
}

/** The part of a dedicated worker's global scope that is used here. */
interface WorkerScope {
  postMessage(message: DatabaseReply, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<DatabaseRequest>) => void) | null;
}

/** A priority at which the scheduler gives a thread a tenth of a core that others want too: streams go first. */
const LOW_PRIORITY = 10;

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

/** SQLite's own words (sqlite3_errstr) for what goes wrong, and ours; Deno gives one code for all. */
const SQLITE_REASONS: readonly [words: RegExp, reason: string][] = [
  [/disk I\/O error/, "The disk fails"],
  [/readonly database/, "The job database cannot be written to"],
  [/unable to open/, "The job database cannot be opened"],
  [
    /not a database|malformed|no such (?:table|column)/,
    "The job database is damaged; put a copy back, or move it away to begin anew",
  ],
];

/** SQLite's errors as those of jobs. */
function translate(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (error.message.includes("disk is full")) {
    return new StorageFullError("The disk of the server is full", { cause: error });
  }
  const reason = SQLITE_REASONS.find(([words]) => words.test(error.message))?.[1];
  return reason === undefined ? error : new JobDatabaseError(reason, { cause: error });
}

const scope = self as unknown as WorkerScope;
scope.onmessage = ({ data: { id, method, args } }) => {
  try {
    const value = Reflect.apply(calls[method], calls, args);
    const memory = method === "readResults" ? [(value as ResultsPiece).bytes.buffer] : [];
    scope.postMessage({ id, value }, memory);
  } catch (error) {
    const { name, message } = translate(error);
    scope.postMessage({ id, error: { name, message } }, []);
  }
};

// On Linux a priority is that of a thread; elsewhere it would be that of the whole process.
if (Deno.build.os === "linux") setPriority(0, LOW_PRIORITY);
