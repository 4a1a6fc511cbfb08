/**
 * Events, and what of them has still to be sent, as rows of an SQLite database.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import * as v from "valibot";
import { type LiveEvent, LiveEventSchema } from "../../protocol/event.ts";
import type { RuleAction } from "../../protocol/rule.ts";
import { inTransaction, openDatabase } from "../../storage/open_database.ts";
import { StatementCache, textColumn } from "../../storage/statement_cache.ts";
import { migrate } from "./event_schema.ts";

/** Which events are wanted. */
export interface EventFilter {
  /** Only those of this camera. */
  camera?: string;
  /** Only those that this rule noticed. */
  rule?: string;
  /** Only those of objects of this class. */
  label?: string;
  /** Only those of this time or later, in milliseconds since 1970. */
  sinceMs?: number;
  /** Only those that are older than the event of this id. */
  before?: string;
  /** Most events. */
  limit: number;
}

/** How much is kept. */
export interface EventLimits {
  /** Most events. */
  maxEvents: number;
  /** Time of the oldest that may stay, in milliseconds since 1970. */
  oldestMs: number;
}

/** An event in the order of all. */
export interface StoredEvent {
  /** Rises from event to event; no two events ever have the same. */
  key: number;
  /** The event. */
  event: LiveEvent;
}

/** An event that has to be sent. */
export interface OutboxEntry {
  /** Of the entry, not of the event. */
  key: number;
  /** The event. */
  event: LiveEvent;
  /** When sending it, or one before it, failed first, in milliseconds since 1970; `null` if it has not. */
  failingSinceMs: number | null;
}

/** What was removed to keep within the limits. */
export interface Trimmed {
  /** Ids of the events. */
  ids: string[];
  /** Where some of them had still to be sent to. */
  unsent: { target: string; count: number }[];
}

/** The tables. It waits for the disk, so it belongs in a worker. A row that is damaged is left out and does no harm to others. */
export class EventDatabase {
  readonly #database: DatabaseSync;
  readonly #statements: StatementCache;

  /**
   * Opens the database, making it if need be, and keeps every other process out of it until it is closed: two servers would send
   * the same events.
   *
   * @throws {DatabaseError} If another process keeps it open, or a later version of livesyte has written it
   */
  constructor(path: string) {
    this.#database = openDatabase(path, migrate);
    this.#statements = new StatementCache(this.#database);
  }

  /** Closes the database and merges its log into it. */
  close(): void {
    this.#database.close();
  }

  /** Ids of all events. */
  ids(): string[] {
    const rows = this.#statements.get(`SELECT ${textColumn("id")} AS id FROM events`).all();
    return rows.map(({ id }) => String(id));
  }

  /** Adds an event, and with it what says where it has to be sent to. */
  add(event: LiveEvent, targets: readonly RuleAction[]): void {
    inTransaction(this.#database, () => {
      const { lastInsertRowid } = this.#statements.get(
        "INSERT INTO events (id, at_ms, camera, rule, label, details) VALUES (?, ?, ?, ?, ?, ?)",
      ).run(
        event.event_id,
        Date.parse(event.timestamp),
        event.camera_id ?? null,
        event.rule_id,
        event.label,
        JSON.stringify(event),
      );
      for (const target of targets) {
        this.#statements.get("INSERT INTO outbox (target, event_key) VALUES (?, ?)")
          .run(target, lastInsertRowid);
      }
    });
  }

  /** Removes the oldest events that exceed the limits, sent or not. */
  trim({ maxEvents, oldestMs }: EventLimits): Trimmed {
    return inTransaction(this.#database, () => {
      const tooMany = "SELECT key FROM events ORDER BY key DESC LIMIT -1 OFFSET ?";
      const outdated = "SELECT key FROM events WHERE at_ms < ?";
      const chosen = `key IN (${tooMany}) OR key IN (${outdated})`;
      const ids = this.#statements.get(
        `SELECT ${textColumn("id")} AS id FROM events WHERE ${chosen}`,
      ).all(maxEvents, oldestMs).map(({ id }) => String(id));
      if (ids.length === 0) return { ids, unsent: [] };
      const unsent = this.#statements.get(
        "SELECT target, CAST(count(*) AS REAL) AS count FROM outbox WHERE event_key IN " +
          `(SELECT key FROM events WHERE ${chosen}) GROUP BY target`,
      ).all(maxEvents, oldestMs);
      this.#statements.get(
        `DELETE FROM outbox WHERE event_key IN (SELECT key FROM events WHERE ${chosen})`,
      ).run(maxEvents, oldestMs);
      this.#statements.get(`DELETE FROM events WHERE ${chosen}`).run(maxEvents, oldestMs);
      return {
        ids,
        unsent: unsent.map(({ target, count }) => ({
          target: String(target),
          count: Number(count),
        })),
      };
    });
  }

  /** Events, newest first. */
  list({ camera, rule, label, sinceMs, before, limit }: EventFilter): LiveEvent[] {
    const conditions: [sql: string, value: string | number | undefined][] = [
      ["camera = ?", camera],
      ["rule = ?", rule],
      ["label = ?", label],
      ["at_ms >= ?", sinceMs],
      ["key < (SELECT key FROM events WHERE id = ?)", before],
    ];
    const given = conditions.filter(([, value]) => value !== undefined);
    const where = given.map(([sql]) => ` AND ${sql}`).join("");
    const rows = this.#statements.get(
      `SELECT ${textColumn("details")} AS details FROM events WHERE TRUE${where} ` +
        "ORDER BY key DESC LIMIT ?",
    ).all(...given.map(([, value]) => value ?? null), limit);
    return rows.map(({ details }) => readEvent(details)).filter((event) => event !== undefined);
  }

  /** One event; `undefined` where there is none. */
  get(id: string): LiveEvent | undefined {
    const row = this.#statements.get(
      `SELECT ${textColumn("details")} AS details FROM events WHERE id = ?`,
    ).get(id);
    return readEvent(row?.details);
  }

  /** Removes an event, sent or not. @returns Whether it was there */
  remove(id: string): boolean {
    return inTransaction(this.#database, () => {
      this.#statements.get(
        "DELETE FROM outbox WHERE event_key = (SELECT key FROM events WHERE id = ?)",
      ).run(id);
      return Number(this.#statements.get("DELETE FROM events WHERE id = ?").run(id).changes) > 0;
    });
  }

  /** Key of the newest event there has been; 0 where there was none. */
  newestKey(): number {
    const row = this.#statements.get("SELECT seq FROM sqlite_sequence WHERE name = 'events'").get();
    return Number(row?.seq ?? 0);
  }

  /** The key after which the events of a time and later come; that of the newest where there are none. */
  keyBefore(timeMs: number): number {
    const row = this.#statements.get(
      "SELECT CAST(min(key) AS REAL) AS key FROM events WHERE at_ms >= ?",
    ).get(timeMs);
    return typeof row?.key === "number" ? row.key - 1 : this.newestKey();
  }

  /** The oldest events after one, in their order. */
  after(key: number, limit: number): StoredEvent[] {
    for (let last = key;;) {
      const rows = this.#statements.get(
        `SELECT CAST(key AS REAL) AS key, ${textColumn("details")} AS details FROM events ` +
          "WHERE key > ? ORDER BY key LIMIT ?",
      ).all(last, limit);
      const events = rows.flatMap(({ key, details }) => {
        const event = readEvent(details);
        return event === undefined ? [] : [{ key: Number(key), event }];
      });
      if (events.length > 0 || rows.length === 0) return events;
      // All of them are damaged.
      last = Number(rows.at(-1)?.key);
    }
  }

  /**
   * What has to be sent next to a target; `undefined` where there is nothing.
   *
   * @param except Keys of entries that are left out
   */
  next(target: string, except: readonly number[] = []): OutboxEntry | undefined {
    for (;;) {
      const row = this.#statements.get(
        "SELECT CAST(outbox.key AS REAL) AS key, CAST(failing_since_ms AS REAL) AS since, " +
          `${textColumn("details")} AS details FROM outbox ` +
          "LEFT JOIN events ON events.key = event_key WHERE target = ? AND " +
          "outbox.key NOT IN (SELECT value FROM json_each(?)) ORDER BY outbox.key LIMIT 1",
      ).get(target, JSON.stringify(except));
      if (row === undefined) return undefined;
      const event = readEvent(row.details);
      const key = Number(row.key);
      if (event !== undefined) {
        return { key, event, failingSinceMs: row.since === null ? null : Number(row.since) };
      }
      this.settle(key);
    }
  }

  /** Removes an entry of the outbox: it is sent, or given up. */
  settle(key: number): void {
    this.#statements.get("DELETE FROM outbox WHERE key = ?").run(key);
  }

  /** Notes that nothing can be sent to a target: all that waits for it is failing from now on, unless it was before. */
  noteFailing(target: string, nowMs: number): void {
    this.#statements.get(
      "UPDATE outbox SET failing_since_ms = ? WHERE target = ? AND failing_since_ms IS NULL",
    ).run(Math.round(nowMs), target);
  }

  /** Notes that an entry is refused: it is failing from now on, unless it was before. */
  noteRefused(key: number, nowMs: number): void {
    this.#statements.get(
      "UPDATE outbox SET failing_since_ms = ? WHERE key = ? AND failing_since_ms IS NULL",
    ).run(Math.round(nowMs), key);
  }

  /** How many events have to be sent to a target. */
  waiting(target: string): number {
    const row = this.#statements.get(
      "SELECT CAST(count(*) AS REAL) AS count FROM outbox WHERE target = ?",
    ).get(target);
    return Number(row?.count);
  }

  /** Forgets what had to be sent to others than these targets. */
  keepTargets(targets: readonly string[]): void {
    this.#statements.get(
      "DELETE FROM outbox WHERE target NOT IN (SELECT value FROM json_each(?))",
    ).run(JSON.stringify(targets));
  }

  /** Topics of MQTT under which the broker keeps a message of this server. */
  retained(): string[] {
    const rows = this.#statements.get(`SELECT ${textColumn("topic")} AS topic FROM retained`).all();
    return rows.map(({ topic }) => String(topic));
  }

  /** Adds some of those topics, and removes others. */
  noteRetained(added: readonly string[], removed: readonly string[]): void {
    inTransaction(this.#database, () => {
      for (const topic of added) {
        this.#statements.get("INSERT OR IGNORE INTO retained VALUES (?)").run(topic);
      }
      for (const topic of removed) {
        this.#statements.get("DELETE FROM retained WHERE topic = ?").run(topic);
      }
    });
  }
}

/** An event as it is stored; `undefined` for one that is damaged, or none. */
function readEvent(details: unknown): LiveEvent | undefined {
  try {
    const { success, output } = v.safeParse(LiveEventSchema, JSON.parse(String(details)));
    return success ? output : undefined;
  } catch {
    return undefined;
  }
}
