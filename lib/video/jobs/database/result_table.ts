/**
 * Results as rows of an SQLite database.
 *
 * @module
 */

import { JobStateError } from "../../errors.ts";
import type { VideoFrameResult } from "../job.ts";
import type { ResultsCount, ResultsPiece } from "../job_backend.ts";
import { readResultRow, type ResultRow, type StoredResult } from "./read_result_row.ts";
import { formatResult, type ResultFormat } from "../../result_formats.ts";
import { numberColumn, type StatementCache, textColumn } from "../../../storage/statement_cache.ts";

/** Bytes of results after which a piece of them ends. */
const PIECE_BYTES = 32_768;

/** What only a look at all results of a job can tell. */
interface Survey {
  count: number;
  /** Whether their positions are 0, 1, 2 and so on. */
  isInRow: boolean;
  /** The last frame that has one; -1 where there is none. */
  lastFrame: number;
}

/** The results of all jobs. Rows may be damaged, in whichever column: none of them keeps the others from being read. */
export class ResultTable {
  readonly #statements: StatementCache;
  /** Whether the results of a job are in a row, where that has been looked at. */
  readonly #inRow = new Map<string, boolean>();

  /** Reads from a database that has the tables. */
  constructor(statements: StatementCache) {
    this.#statements = statements;
  }

  /** How far the results of a job go. */
  count(jobId: string): ResultsCount {
    const last = this.#statements.get(LAST).get(jobId);
    if (last === undefined) return { count: 0, nextFrame: 0 };
    const isInRow = this.#isInRow(jobId);
    const frame = Number(last.frame_index ?? -1);
    if (isInRow && isFrame(frame)) {
      return { count: Number(last.position) + 1, nextFrame: frame + 1 };
    }
    const { count, lastFrame } = this.#survey(jobId);
    return { count, nextFrame: lastFrame + 1 };
  }

  /** Highest number that an object of a job has; 0 when none has one. */
  highestTrack(jobId: string): number {
    return Number(this.#statements.get(HIGHEST_TRACK).get(jobId)?.highest ?? 0);
  }

  /**
   * Reads results of a job in the order of the frames; see `readResultRow` for those that are damaged.
   *
   * @param offset Results to skip
   * @param limit Most results; a piece that grows large ends before
   */
  read(
    jobId: string,
    { offset, limit }: { offset: number; limit: number },
    format: ResultFormat,
  ): ResultsPiece {
    // Damage may have left gaps; then places are counted up to, which takes its time.
    const sql = this.#isInRow(jobId) ? FROM_POSITION : FROM_PLACE;
    const separator = format.type === "json" ? "," : "";
    let text = "";
    let count = 0;
    let before: StoredResult | undefined;
    for (const row of this.#statements.get(sql).iterate(jobId, offset, limit)) {
      before = readResultRow(row as unknown as ResultRow, offset + count, before);
      text += (count++ === 0 ? "" : separator) + formatResult(before, format);
      if (text.length >= PIECE_BYTES) break;
    }
    return { bytes: new TextEncoder().encode(text), count };
  }

  /**
   * Adds results behind those that a job has.
   *
   * @throws {JobStateError} If a frame has a result already, or comes before one that has
   */
  append(jobId: string, results: readonly VideoFrameResult[]): void {
    let next = this.count(jobId).nextFrame;
    for (const { frame_index, timestamp_ms, result } of results) {
      if (frame_index < next) {
        const last = next - 1;
        throw new JobStateError(
          `Cannot add frame ${frame_index} to the results of job ${jobId}: they go to frame ${last}`,
        );
      }
      next = frame_index + 1;
      const json = JSON.stringify(result);
      this.#statements.get(APPEND).run(jobId, frame_index, timestamp_ms, json);
    }
  }

  /** Forgets what is known of a job that is removed; its results are nobody's from then on. */
  forget(jobId: string): void {
    this.#inRow.delete(jobId);
  }

  /**
   * Deletes some results of removed jobs.
   *
   * @param limit Most rows
   * @returns Number of rows deleted; 0 only where there are no more
   */
  purge(limit: number): number {
    return Number(this.#statements.get(PURGE).run(limit).changes);
  }

  #isInRow(jobId: string): boolean {
    const known = this.#inRow.get(jobId);
    if (known !== undefined) return known;
    const { isInRow } = this.#survey(jobId);
    this.#inRow.set(jobId, isInRow);
    return isInRow;
  }

  #survey(jobId: string): Survey {
    const row = this.#statements.get(SURVEY).get(jobId);
    return {
      count: Number(row?.count ?? 0),
      isInRow: row?.is_in_row === 1,
      lastFrame: Number(row?.last_frame ?? -1),
    };
  }
}

function isFrame(value: number): boolean {
  return value >= 0 && value < Number.MAX_SAFE_INTEGER;
}

/** The key of the job whose id is the first parameter. */
const KEY = "(SELECT key FROM jobs WHERE id = ?1)";

const LAST = `
  SELECT ${numberColumn("position")} AS position, ${numberColumn("frame_index")} AS frame_index
  FROM results WHERE job_key = ${KEY} ORDER BY results.position DESC LIMIT 1
`;

const COLUMNS = `
  ${numberColumn("frame_index")} AS frame_index, ${numberColumn("timestamp_ms")} AS timestamp_ms,
  ${textColumn("result")} AS result
`;

const FROM_POSITION = `
  SELECT ${COLUMNS} FROM results WHERE job_key = ${KEY} AND position >= ?2
  ORDER BY results.position LIMIT ?3
`;

const FROM_PLACE = `
  SELECT ${COLUMNS} FROM results WHERE job_key = ${KEY} ORDER BY results.position LIMIT ?3 OFFSET ?2
`;

const SURVEY = `
  SELECT count(*) AS count,
    min(position) IS 0 AND max(position) IS count(*) - 1 AS is_in_row,
    CAST(max(iif(typeof(frame_index) = 'integer'
      AND frame_index BETWEEN 0 AND ${
  Number.MAX_SAFE_INTEGER - 1
}, frame_index, NULL)) AS REAL) AS last_frame
  FROM results WHERE job_key = ${KEY}
`;

const HIGHEST_TRACK = `
  SELECT CAST(max(track) AS REAL) AS highest FROM (
    SELECT iif(object.type = 'object', json_extract(object.value, '$.track_id'), NULL) AS track
    FROM results, json_each(iif(json_valid(result), result, '{}'), '$.detections') AS object
    WHERE job_key = ${KEY}
  ) WHERE typeof(track) = 'integer' AND track BETWEEN 0 AND ${Number.MAX_SAFE_INTEGER}
`;

const APPEND = `
  INSERT INTO results (job_key, position, frame_index, timestamp_ms, result)
  VALUES (${KEY}, (SELECT coalesce(max(position), -1) + 1 FROM results WHERE job_key = ${KEY}), ?2, ?3, ?4)
`;

/** A job that is no more and has results: goes from key to key instead of through all rows. */
const ORPHAN = `
  WITH RECURSIVE keys (key) AS (
    SELECT min(job_key) FROM results
    UNION ALL
    SELECT (SELECT min(job_key) FROM results WHERE job_key > key) FROM keys WHERE key IS NOT NULL
  )
  SELECT key FROM keys WHERE key IS NOT NULL AND key NOT IN (SELECT key FROM jobs) LIMIT 1
`;

const PURGE = `
  DELETE FROM results WHERE rowid IN (
    SELECT rowid FROM results WHERE job_key = (${ORPHAN}) ORDER BY position LIMIT ?1
  )
`;
