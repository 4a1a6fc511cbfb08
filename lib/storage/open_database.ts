/**
 * Opens SQLite databases, and changes them.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { DatabaseError } from "./errors.ts";

/** Milliseconds in which a server that is ending can let go of the database that the next one opens. */
const LOCK_WAIT_MS = 2000;

/**
 * Opens a database, making it if need be, and keeps every other process out of it until it is closed.
 *
 * @param migrate Makes the tables, or brings older ones up to date
 * @throws {DatabaseError} If another process keeps it open
 */
export function openDatabase(
  path: string,
  migrate: (database: DatabaseSync) => void,
): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    database.exec(`PRAGMA busy_timeout = ${LOCK_WAIT_MS}`);
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    // In WAL mode NORMAL loses nothing when the process dies, and at a power cut only the last changes.
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    migrate(database);
    letShrink(database);
    return database;
  } catch (error) {
    database.close();
    if (error instanceof Error && error.message.includes("database is locked")) {
      throw new DatabaseError(`Cannot open ${path}: another process uses it`, { cause: error });
    }
    throw error;
  }
}

/** Does all of some work or, if it throws, nothing. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    // SQLite ends the transaction itself when the disk is full.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/** The value of a pragma that is a number. */
export function readPragma(database: DatabaseSync, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}

/** Has the file give back the room of what is deleted, step by step. */
function letShrink(database: DatabaseSync): void {
  const incremental = 2;
  if (readPragma(database, "auto_vacuum") === incremental) return;
  try {
    database.exec("PRAGMA auto_vacuum = INCREMENTAL; VACUUM");
  } catch {
    // There is no room for a copy: it is tried again at the next start.
  }
}
