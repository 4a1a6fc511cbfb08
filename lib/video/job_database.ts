/**
 * Jobs and results as rows of an SQLite database.
 *
 * @module
 */

import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { PipelineResult } from "../client/protocol.ts";
import { JobStateError } from "./errors.ts";
import type { Job, VideoFrameResult } from "./job.ts";

/** Raised with every change of the tables. */
const SCHEMA_VERSION = 1;

const SCHEMA = `
  CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_accessed INTEGER NOT NULL,
    finished_at INTEGER,
    details TEXT NOT NULL
  ) STRICT;
  CREATE TABLE results (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    frame_index INTEGER NOT NULL,
    timestamp_ms INTEGER NOT NULL,
    result TEXT NOT NULL,
    PRIMARY KEY (job_id, frame_index)
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

const JOB_COLUMNS = "id, status, created_at, last_accessed, finished_at, details";

/** Where in the results of a job to read. */
export interface ResultsRange {
  /** Results to skip. */
  offset?: number;
  /** Only results of later frames than this one. */
  afterFrame?: number;
  /** Most results to read. */
  limit: number;
}

/** The tables. Every method is one statement; {@linkcode transaction} joins several. */
export class JobDatabase {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /**
   * Opens the database, making it if need be, and keeps every other process out of it until it is closed: two servers
   * would process the same jobs.
   *
   * @throws {JobStateError} If another process has it open, or a later version of livesyte has written it
   */
  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    try {
      this.#database.exec("PRAGMA locking_mode = EXCLUSIVE");
      // In WAL mode NORMAL loses nothing when the process dies, and at a power cut only the last results.
      this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
      this.transaction(() => this.#migrate());
    } catch (error) {
      this.#database.close();
      if (error instanceof Error && error.message.includes("database is locked")) {
        throw new JobStateError(`Cannot open ${path}: another process uses it`, { cause: error });
      }
      throw error;
    }
  }

  /** Runs `work` as a whole or, when it throws, not at all. */
  transaction<T>(work: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const value = work();
      this.#database.exec("COMMIT");
      return value;
    } catch (error) {
      // SQLite ends the transaction itself when the disk is full.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  /** Closes the database and merges its log into it. */
  close(): void {
    this.#database.close();
  }

  /** Adds a job. */
  insertJob(job: Job): void {
    this.#prepare(`INSERT INTO jobs (${JOB_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`).run(...toRow(job));
  }

  /** Writes all of a job over what is there. */
  replaceJob(job: Job): void {
    const [id, ...values] = toRow(job);
    this.#prepare(
      "UPDATE jobs SET status = ?, created_at = ?, last_accessed = ?, finished_at = ?, details = ? WHERE id = ?",
    ).run(...values, id);
  }

  /** Removes a job and its results. */
  deleteJob(id: string): void {
    this.#prepare("DELETE FROM jobs WHERE id = ?").run(id);
  }

  /** One job. */
  job(id: string): Job | undefined {
    const row = this.#prepare(`SELECT ${JOB_COLUMNS} FROM jobs WHERE id = ?`).get(id);
    return row && toJob(row);
  }

  /** All jobs, oldest first. */
  jobs(): Job[] {
    const rows = this.#prepare(`SELECT ${JOB_COLUMNS} FROM jobs ORDER BY created_at, rowid`).all();
    return rows.map(toJob);
  }

  /** Adds one result; fails when the frame has one already. */
  insertResult(jobId: string, { frame_index, timestamp_ms, result }: VideoFrameResult): void {
    this.#prepare(
      "INSERT INTO results (job_id, frame_index, timestamp_ms, result) VALUES (?, ?, ?, ?)",
    ).run(jobId, frame_index, timestamp_ms, JSON.stringify(result));
  }

  /** Number of results of a job, and the last frame that has one. */
  resultsCount(jobId: string): { count: number; lastFrame: number | null } {
    const row = this.#prepare(
      "SELECT count(*) AS count, max(frame_index) AS last FROM results WHERE job_id = ?",
    ).get(jobId);
    return { count: Number(row?.count), lastFrame: row?.last as number | null };
  }

  /** Highest number that an object of a job has; 0 when none has one. */
  highestTrack(jobId: string): number {
    const row = this.#prepare(
      "SELECT max(json_extract(detection.value, '$.track_id')) AS highest " +
        "FROM results, json_each(result, '$.detections') AS detection WHERE job_id = ?",
    ).get(jobId);
    return Number(row?.highest ?? 0);
  }

  /** Results of a job in the order of the frames. */
  results(jobId: string, { offset = 0, afterFrame = -1, limit }: ResultsRange): VideoFrameResult[] {
    const rows = this.#prepare(
      "SELECT frame_index, timestamp_ms, result FROM results WHERE job_id = ? AND frame_index > ? " +
        "ORDER BY frame_index LIMIT ? OFFSET ?",
    ).all(jobId, afterFrame, limit, offset);
    return rows.map((row) => ({
      frame_index: Number(row.frame_index),
      timestamp_ms: Number(row.timestamp_ms),
      result: JSON.parse(String(row.result)) as PipelineResult,
    }));
  }

  #migrate(): void {
    const version = this.#prepare("PRAGMA user_version").get()?.user_version;
    if (version === 0) this.#database.exec(SCHEMA);
    else if (version !== SCHEMA_VERSION) {
      throw new JobStateError(
        `Cannot use a job database of version ${version}: expected ${SCHEMA_VERSION}`,
      );
    }
  }

  #prepare(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

// What is only ever read as part of a whole job is kept as JSON, so that a new field needs no migration.
function toRow(job: Job): [string, string, number, number, number | null, string] {
  const { id, status, createdAt, lastAccessed, finishedAt, ...details } = job;
  return [id, status, createdAt, lastAccessed, finishedAt, JSON.stringify(details)];
}

function toJob(row: Record<string, unknown>): Job {
  return {
    ...JSON.parse(String(row.details)),
    id: row.id,
    status: row.status,
    createdAt: row.created_at,
    lastAccessed: row.last_accessed,
    finishedAt: row.finished_at,
  };
}
