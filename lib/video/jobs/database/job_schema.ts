/**
 * The tables of the job database, and how those of older versions become them.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { readPragma } from "../../../storage/open_database.ts";
import { JobStateError } from "../../errors.ts";

/** Raised with every change of the tables. */
const SCHEMA_VERSION = 2;

// What is only ever read as part of a whole job is kept as JSON, so that a new field needs no migration. A key is never used
// again, so results that are left over from a removed job belong to nobody.
const SCHEMA = `
  CREATE TABLE jobs (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    idle_ms INTEGER NOT NULL,
    details TEXT NOT NULL
  ) STRICT;
  CREATE TABLE results (
    job_key INTEGER NOT NULL,
    position INTEGER NOT NULL,
    frame_index INTEGER NOT NULL,
    timestamp_ms INTEGER NOT NULL,
    result TEXT NOT NULL,
    PRIMARY KEY (job_key, position)
  ) STRICT;
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** Version 1 had no positions, so that reading from the middle meant counting up to there. */
const FROM_VERSION_1 = `
  ALTER TABLE jobs RENAME TO old_jobs;
  ALTER TABLE results RENAME TO old_results;
  ${SCHEMA}
  INSERT INTO jobs (id, idle_ms, details)
    SELECT id, 0, json_set(
      CASE WHEN json_valid(details) THEN json_remove(details, '$.lastAccessed') ELSE '{}' END,
      '$.id', id, '$.status', status, '$.createdAt', created_at, '$.finishedAt', finished_at)
    FROM old_jobs ORDER BY created_at, rowid;
  INSERT INTO results (job_key, position, frame_index, timestamp_ms, result)
    SELECT key, row_number() OVER (PARTITION BY job_id ORDER BY frame_index) - 1,
      frame_index, timestamp_ms, result
    FROM old_results JOIN jobs ON id = job_id;
  DROP TABLE old_results;
  DROP TABLE old_jobs;
`;

/**
 * Makes the tables, or brings older ones up to date. Either happens as a whole or not at all.
 *
 * @throws {JobStateError} If a later version of livesyte has written them
 */
export function migrate(database: DatabaseSync): void {
  const version = readPragma(database, "user_version");
  if (version !== SCHEMA_VERSION) {
    if (version !== 0 && version !== 1) {
      throw new JobStateError(
        `Cannot use a job database of version ${version}: expected ${SCHEMA_VERSION}`,
      );
    }
    database.exec(`BEGIN IMMEDIATE; ${version === 0 ? SCHEMA : FROM_VERSION_1} COMMIT`);
  }
}
