/**
 * The tables of the event database.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { DatabaseError } from "../../storage/errors.ts";
import { readPragma } from "../../storage/open_database.ts";

/** Raised with every change of the tables. */
const SCHEMA_VERSION = 1;

// What is only ever read as part of a whole event is kept as JSON. Keys rise and are never used again: they are the order of the
// events, and a stream that was interrupted goes on after the last one that it has told.
const SCHEMA = `
  CREATE TABLE events (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    at_ms INTEGER NOT NULL,
    camera TEXT,
    rule TEXT NOT NULL,
    label TEXT,
    details TEXT NOT NULL
  ) STRICT;
  CREATE INDEX events_by_camera ON events (camera, key);
  CREATE INDEX events_by_rule ON events (rule, key);
  CREATE INDEX events_by_label ON events (label, key);
  CREATE INDEX events_by_time ON events (at_ms);
  CREATE TABLE outbox (
    key INTEGER PRIMARY KEY AUTOINCREMENT,
    target TEXT NOT NULL,
    event_key INTEGER NOT NULL,
    failing_since_ms INTEGER
  ) STRICT;
  CREATE INDEX outbox_by_target ON outbox (target, key);
  CREATE INDEX outbox_by_event ON outbox (event_key);
  CREATE TABLE retained (topic TEXT PRIMARY KEY) STRICT;
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/**
 * Makes the tables, as a whole or not at all.
 *
 * @throws {DatabaseError} If a later version of livesyte has written them
 */
export function migrate(database: DatabaseSync): void {
  const version = readPragma(database, "user_version");
  if (version === SCHEMA_VERSION) return;
  if (version !== 0) {
    throw new DatabaseError(
      `Cannot use an event database of version ${version}: expected ${SCHEMA_VERSION}`,
    );
  }
  database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT`);
}
