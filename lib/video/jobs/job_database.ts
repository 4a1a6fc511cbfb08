/**
 * Jobs and results as rows of an SQLite database.
 *
 * @module
 */

import { DatabaseSync, type StatementSync } from "node:sqlite";
import { JobStateError } from "../errors.ts";
import type { Job, VideoFrameResult } from "./job.ts";
import { migrate, readPragma } from "./job_schema.ts";
import { formatResult, type ResultFormat } from "../result_formats.ts";

/** Bytes of results after which a piece of them ends. */
const PIECE_BYTES = 32_768;

/** Milliseconds in which a server that is ending can let go of the database that the next one opens. */
const LOCK_WAIT_MS = 2000;

/** Rows that are deleted, and pages that are given back, at a time: few, as each needs room in the log. */
const PURGE_STEP = 500;

/** A job, and how long nobody had looked at it when that was last noted. */
export interface StoredJob {
  /** As it was last written. */
  job: Job;
  /** Milliseconds, counted only while the server runs. */
  idleMs: number;
}

/** Changes that happen as a whole or not at all. */
export interface JobWrite {
  /** Jobs that are new or have changed, each of which counts as looked at. */
  jobs?: readonly Job[];
  /** Results that follow those that a job has, in the order of their frames. */
  results?: { jobId: string; results: readonly VideoFrameResult[] };
  /** How long nobody has looked at jobs, in milliseconds. */
  idle?: readonly (readonly [id: string, idleMs: number])[];
  /** Ids of jobs that are removed with their results. */
  remove?: readonly string[];
}

/** How far the results of a job go. */
export interface ResultsCount {
  /** Number of results. */
  count: number;
  /** The frame from which the job has to go on: the one behind the last that has a result. */
  nextFrame: number;
}

/** Some results in a row. */
export interface ResultsPiece {
  /** In the form that was asked for. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Number of results; 0 only where there are no more. */
  count: number;
}

/** The tables. It waits for the disk, so it belongs in a worker. */
export class JobDatabase {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /**
   * Opens the database, making it if need be, and keeps every other process out of it until it is closed: two servers
   * would process the same jobs.
   *
   * @throws {JobStateError} If another process keeps it open, or a later version of livesyte has written it
   */
  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    try {
      this.#database.exec(`PRAGMA busy_timeout = ${LOCK_WAIT_MS}`);
      this.#database.exec("PRAGMA locking_mode = EXCLUSIVE");
      // In WAL mode NORMAL loses nothing when the process dies, and at a power cut only the last results.
      this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
      migrate(this.#database);
    } catch (error) {
      this.#database.close();
      if (error instanceof Error && error.message.includes("database is locked")) {
        throw new JobStateError(`Cannot open ${path}: another process uses it`, { cause: error });
      }
      throw error;
    }
  }

  /** Closes the database and merges its log into it. */
  close(): void {
    this.#database.close();
  }

  /** All jobs, in the order in which they were added. */
  jobs(): StoredJob[] {
    const rows = this.#prepare("SELECT idle_ms, details FROM jobs ORDER BY key").all();
    return rows.map((row) => ({
      job: JSON.parse(String(row.details)) as Job,
      idleMs: Number(row.idle_ms),
    }));
  }

  /**
   * Makes changes.
   *
   * @throws {JobStateError} If a frame has a result already, or comes before one that has
   */
  write({ jobs = [], results, idle = [], remove = [] }: JobWrite): void {
    this.#transaction(() => {
      for (const job of jobs) {
        this.#prepare(
          "INSERT INTO jobs (id, idle_ms, details) VALUES (?, 0, ?) " +
            "ON CONFLICT (id) DO UPDATE SET idle_ms = 0, details = excluded.details",
        ).run(job.id, JSON.stringify(job));
      }
      if (results !== undefined) this.#append(results.jobId, results.results);
      for (const [id, idleMs] of idle) {
        this.#prepare("UPDATE jobs SET idle_ms = ? WHERE id = ?").run(Math.round(idleMs), id);
      }
      for (const id of remove) this.#prepare("DELETE FROM jobs WHERE id = ?").run(id);
    });
  }

  /** How far the results of a job go. */
  countResults(jobId: string): ResultsCount {
    const last = this.#prepare(
      "SELECT position, frame_index FROM results " +
        "WHERE job_key = (SELECT key FROM jobs WHERE id = ?) ORDER BY position DESC LIMIT 1",
    ).get(jobId);
    if (last === undefined) return { count: 0, nextFrame: 0 };
    return { count: Number(last.position) + 1, nextFrame: Number(last.frame_index) + 1 };
  }

  /** Highest number that an object of a job has; 0 when none has one. */
  highestTrack(jobId: string): number {
    const row = this.#prepare(
      "SELECT max(json_extract(detection.value, '$.track_id')) AS highest " +
        "FROM results, json_each(result, '$.detections') AS detection " +
        "WHERE job_key = (SELECT key FROM jobs WHERE id = ?)",
    ).get(jobId);
    return Number(row?.highest ?? 0);
  }

  /**
   * Reads results of a job in the order of the frames.
   *
   * @param offset Results to skip
   * @param limit Most results; a piece that grows large ends before
   */
  readResults(
    jobId: string,
    { offset, limit }: { offset: number; limit: number },
    format: ResultFormat,
  ): ResultsPiece {
    const rows = this.#prepare(
      "SELECT frame_index, timestamp_ms, result FROM results " +
        "WHERE job_key = (SELECT key FROM jobs WHERE id = ?) AND position >= ? " +
        "ORDER BY position LIMIT ?",
    ).iterate(jobId, offset, limit);
    const separator = format.type === "json" ? "," : "";
    let text = "";
    let count = 0;
    for (const { frame_index, timestamp_ms, result } of rows) {
      const row = {
        frame_index: Number(frame_index),
        timestamp_ms: Number(timestamp_ms),
        result: String(result),
      };
      text += (count++ === 0 ? "" : separator) + formatResult(row, format);
      if (text.length >= PIECE_BYTES) break;
    }
    return { bytes: new TextEncoder().encode(text), count };
  }

  /**
   * Deletes some results of removed jobs, or gives some room back to the disk. All at once would need more room than a full
   * disk may have, and keep others waiting.
   *
   * @returns Whether there is more to do
   */
  purge(): boolean {
    const orphan = this.#prepare(ORPHAN).get();
    if (orphan !== undefined) {
      this.#prepare(
        "DELETE FROM results WHERE job_key = ? AND position < ? + " +
          "(SELECT min(position) FROM results WHERE job_key = ?)",
      ).run(Number(orphan.key), PURGE_STEP, Number(orphan.key));
      return true;
    }
    const free = readPragma(this.#database, "freelist_count");
    if (free === 0) return false;
    this.#database.prepare(`PRAGMA incremental_vacuum(${PURGE_STEP})`).all();
    const left = readPragma(this.#database, "freelist_count");
    // The file gets shorter when the log is merged into it.
    if (left === 0) this.#database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
    return left > 0 && left < free;
  }

  #append(jobId: string, results: readonly VideoFrameResult[]): void {
    const key = Number(this.#prepare("SELECT key FROM jobs WHERE id = ?").get(jobId)?.key);
    const { count, nextFrame } = this.countResults(jobId);
    let next = nextFrame;
    for (const [index, { frame_index, timestamp_ms, result }] of results.entries()) {
      if (frame_index < next) {
        throw new JobStateError(
          `Cannot add frame ${frame_index} to the results of job ${jobId}: they go to frame ${
            next - 1
          }`,
        );
      }
      next = frame_index + 1;
      this.#prepare(
        "INSERT INTO results (job_key, position, frame_index, timestamp_ms, result) " +
          "VALUES (?, ?, ?, ?, ?)",
      ).run(key, count + index, frame_index, timestamp_ms, JSON.stringify(result));
    }
  }

  #transaction(work: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      work();
      this.#database.exec("COMMIT");
    } catch (error) {
      // SQLite ends the transaction itself when the disk is full.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #prepare(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** A job that is no more and has results: goes from key to key instead of through all rows. */
const ORPHAN = `
  WITH RECURSIVE keys (key) AS (
    SELECT min(job_key) FROM results
    UNION ALL
    SELECT (SELECT min(job_key) FROM results WHERE job_key > key) FROM keys WHERE key IS NOT NULL
  )
  SELECT key FROM keys WHERE key IS NOT NULL AND key NOT IN (SELECT key FROM jobs) LIMIT 1
`;
