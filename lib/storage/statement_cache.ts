/**
 * Prepares statements once.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";

/** The statements of one database. */
export class StatementCache {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** Prepares for a database that is open. */
  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** The statement of a text, which is prepared at the first time. */
  get(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** SQL for a column of text: NULL for anything else. */
export function textColumn(column: string): string {
  return `iif(typeof(${column}) = 'text', ${column}, NULL)`;
}

/**
 * SQL for a column of whole numbers: NULL for anything else. It gives REAL, since node:sqlite throws for integers that are no
 * exact numbers in JavaScript.
 */
export function numberColumn(column: string): string {
  return `iif(typeof(${column}) = 'integer', CAST(${column} AS REAL), NULL)`;
}
