/**
 * The worker's side of a database: answers the calls of a `RemoteDatabase`.
 *
 * @module
 */

import { setPriority } from "node:os";
import { DatabaseError, StorageFullError } from "./errors.ts";

/** One call. */
export interface DatabaseRequest {
  /** Comes back with the reply. */
  id: number;
  /** Which method to call. */
  method: string;
  /** Its arguments. */
  args: readonly unknown[];
}

/** What became of a call: a value, or the error that it threw. */
export interface DatabaseReply {
  /** That of the request. */
  id: number;
  /** What the method returned. */
  value?: unknown;
  /** Name of the class of the error, and its message. */
  error?: { name: string; message: string };
}

/** How {@linkcode serveDatabase} answers. */
export interface ServedDatabase {
  /** What it is called in messages, such as `job database`. */
  name: string;
  /** The memory that a value hands over instead of copying it; none by default. */
  handOver?: (method: string, value: unknown) => Transferable[];
}

/** The part of a dedicated worker's global scope that is used here. */
interface WorkerScope {
  postMessage(message: DatabaseReply, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<DatabaseRequest>) => void) | null;
}

/** A priority at which the scheduler gives a thread a tenth of a core that others want too: streams go first. */
const LOW_PRIORITY = 10;

/** SQLite's own words (sqlite3_errstr) for what goes wrong, and ours; Deno gives one code for all. */
const SQLITE_REASONS: readonly [words: RegExp, reason: (name: string) => string][] = [
  [/disk I\/O error/, () => "The disk fails"],
  [/readonly database/, (name) => `The ${name} cannot be written to`],
  [/unable to open/, (name) => `The ${name} cannot be opened`],
  [
    /not a database|malformed|no such (?:table|column)/,
    (name) => `The ${name} is damaged; put a copy back, or move it away to begin anew`,
  ],
];

/**
 * Has the worker that this is called in answer calls from now on, one after the other.
 *
 * @param calls What it can be asked, by the names of the methods
 */
export function serveDatabase(
  calls: object,
  { name, handOver = () => [] }: ServedDatabase,
): void {
  const scope = self as unknown as WorkerScope;
  scope.onmessage = ({ data: { id, method, args } }) => {
    try {
      const value = Reflect.apply(Reflect.get(calls, method), calls, args);
      scope.postMessage({ id, value }, handOver(method, value));
    } catch (error) {
      const { name: type, message } = translate(error, name);
      scope.postMessage({ id, error: { name: type, message } }, []);
    }
  };
  // On Linux a priority is that of a thread; elsewhere it would be that of the whole process.
  if (Deno.build.os === "linux") setPriority(0, LOW_PRIORITY);
}

/** SQLite's errors as those of {@link ./errors.ts}. */
function translate(error: unknown, database: string): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (error.message.includes("disk is full")) {
    return new StorageFullError("The disk of the server is full", { cause: error });
  }
  const reason = SQLITE_REASONS.find(([words]) => words.test(error.message))?.[1];
  return reason === undefined ? error : new DatabaseError(reason(database), { cause: error });
}
