/**
 * A Web Worker that has the event database, so that nothing waits for the disk but those who ask for what is on it.
 *
 * @module
 */

import { serveDatabase } from "../../storage/serve_database.ts";
import { EventDatabase } from "./event_database.ts";

/** Methods of {@linkcode EventDatabase} that the worker can be asked for. */
type Forwarded =
  | "ids"
  | "add"
  | "trim"
  | "list"
  | "get"
  | "remove"
  | "newestKey"
  | "keyBefore"
  | "after"
  | "next"
  | "settle"
  | "noteFailing"
  | "noteRefused"
  | "waiting"
  | "keepTargets"
  | "retained"
  | "noteRetained";

/** What the worker can be asked. */
export interface EventDatabaseCalls extends Pick<EventDatabase, Forwarded> {
  /** Opens the database at a path, which comes before everything else. */
  open(path: string): void;
  /** Closes the database. */
  close(): void;
}

let opened: EventDatabase | undefined;

function database(): EventDatabase {
  if (opened === undefined) throw new TypeError("Cannot use a database that is not open");
  return opened;
}

const calls: EventDatabaseCalls = {
  open(path) {
    opened = new EventDatabase(path);
  },
  ids: () => database().ids(),
  add: (...args) => database().add(...args),
  trim: (limits) => database().trim(limits),
  list: (filter) => database().list(filter),
  get: (id) => database().get(id),
  remove: (id) => database().remove(id),
  newestKey: () => database().newestKey(),
  keyBefore: (timeMs) => database().keyBefore(timeMs),
  after: (...args) => database().after(...args),
  next: (...args) => database().next(...args),
  settle: (key) => database().settle(key),
  noteFailing: (...args) => database().noteFailing(...args),
  noteRefused: (...args) => database().noteRefused(...args),
  waiting: (target) => database().waiting(target),
  keepTargets: (targets) => database().keepTargets(targets),
  retained: () => database().retained(),
  noteRetained: (...args) => database().noteRetained(...args),
  close() {
    opened?.close();
    opened = undefined;
  },
};

serveDatabase(calls, { name: "event database" });
