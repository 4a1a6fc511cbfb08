/**
 * Jobs and results as rows of an SQLite database.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { inTransaction, openDatabase, readPragma } from "../../../storage/open_database.ts";
import { isJobId } from "../job.ts";
import type { JobWrite, ResultsCount, ResultsPiece } from "../job_backend.ts";
import { migrate } from "./job_schema.ts";
import { readJobRow, type StoredJob } from "./read_job_row.ts";
import { ResultTable } from "./result_table.ts";
import type { ResultFormat } from "../../result_formats.ts";
import { numberColumn, StatementCache, textColumn } from "../../../storage/statement_cache.ts";

/** Rows that are deleted, and pages that are given back, at a time: few, as each needs room in the log. */
const PURGE_STEP = 500;

/** The tables. It waits for the disk, so it belongs in a worker. A row that is damaged does no harm to others. */
export class JobDatabase {
  readonly #database: DatabaseSync;
  readonly #statements: StatementCache;
  readonly #results: ResultTable;

  /**
   * Opens the database, making it if need be, and keeps every other process out of it until it is closed: two servers
   * would process the same jobs.
   *
   * @throws {DatabaseError} If another process keeps it open
   * @throws {JobStateError} If a later version of livesyte has written it
   */
  constructor(path: string) {
    this.#database = openDatabase(path, migrate);
    this.#statements = new StatementCache(this.#database);
    this.#results = new ResultTable(this.#statements);
  }

  /** Closes the database and merges its log into it. */
  close(): void {
    this.#database.close();
  }

  /** All jobs, in the order in which they were added; those that are damaged as failed ones. */
  jobs(): StoredJob[] {
    const rows = this.#statements.get(
      `SELECT CAST(key AS TEXT) AS key, ${textColumn("id")} AS id, ` +
        `${numberColumn("idle_ms")} AS idle_ms, ${textColumn("details")} AS details ` +
        "FROM jobs ORDER BY jobs.key",
    ).all();
    return rows.map(({ key, id, idle_ms, details }) => {
      const isLost = !isJobId(id);
      return readJobRow(
        { id: isLost ? this.#giveId(key) : id, isLost, idle_ms, details },
        Date.now(),
      );
    });
  }

  /** Gives a job an id whose own is none: it names files, and people have to be able to remove the job. */
  #giveId(key: unknown): string {
    const id = crypto.randomUUID();
    try {
      this.#statements.get("UPDATE jobs SET id = ? WHERE key = CAST(? AS INTEGER)").run(
        id,
        String(key),
      );
    } catch {
      // The disk is full: the job gets its id at the next start.
    }
    return id;
  }

  /**
   * Makes changes.
   *
   * @throws {JobStateError} If a frame has a result already, or comes before one that has
   */
  write({ jobs = [], results, idle = [], remove = [] }: JobWrite): void {
    inTransaction(this.#database, () => {
      for (const job of jobs) {
        this.#statements.get(
          "INSERT INTO jobs (id, idle_ms, details) VALUES (?, 0, ?) " +
            "ON CONFLICT (id) DO UPDATE SET idle_ms = 0, details = excluded.details",
        ).run(job.id, JSON.stringify(job));
      }
      if (results !== undefined) this.#results.append(results.jobId, results.results);
      for (const [id, idleMs] of idle) {
        this.#statements.get("UPDATE jobs SET idle_ms = ? WHERE id = ?").run(
          Math.round(idleMs),
          id,
        );
      }
      for (const id of remove) {
        this.#statements.get("DELETE FROM jobs WHERE id = ?").run(id);
        this.#results.forget(id);
      }
    });
  }

  /** How far the results of a job go. */
  countResults(jobId: string): ResultsCount {
    return this.#results.count(jobId);
  }

  /** Highest number that an object of a job has; 0 when none has one. */
  highestTrack(jobId: string): number {
    return this.#results.highestTrack(jobId);
  }

  /** Reads results of a job in the order of the frames; see {@linkcode ResultTable.read}. */
  readResults(
    jobId: string,
    range: { offset: number; limit: number },
    format: ResultFormat,
  ): ResultsPiece {
    return this.#results.read(jobId, range, format);
  }

  /**
   * Deletes some results of removed jobs, or gives some room back to the disk. All at once would need more room than a full
   * disk may have, and keep others waiting.
   *
   * @returns Whether there is more to do
   */
  purge(): boolean {
    if (this.#results.purge(PURGE_STEP) > 0) return true;
    const free = readPragma(this.#database, "freelist_count");
    if (free === 0) return false;
    this.#database.prepare(`PRAGMA incremental_vacuum(${PURGE_STEP})`).all();
    const left = readPragma(this.#database, "freelist_count");
    // The file gets shorter when the log is merged into it.
    if (left === 0) this.#database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
    return left > 0 && left < free;
  }
}
