/**
 * The server's side of the worker that has the job database.
 *
 * @module
 */

import {
  JobDatabaseError,
  JobStateError,
  StorageFullError,
  StorageUnavailableError,
} from "../../errors.ts";
import type { StoredJob } from "./read_job_row.ts";
import type { ResultFormat } from "../../result_formats.ts";
import type { JobBackend, JobWrite, ResultsCount, ResultsPiece } from "../job_backend.ts";
import type { DatabaseCalls, DatabaseReply, DatabaseRequest } from "./job_database_worker.ts";

/** Errors that keep their class on the way from the worker. */
const ERRORS = [JobDatabaseError, JobStateError, StorageFullError];

/**
 * Calls the methods of a `JobDatabase` in a worker, which answers them in their order.
 *
 * A worker that dies takes the calls with it that it has not answered; the next call opens the database in a new one.
 */
export class RemoteJobDatabase implements JobBackend {
  /** A crash loses no more than this. */
  readonly noteIdleMs = 600_000;
  readonly #path: string;
  #worker: Worker | undefined;
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;
  #ended: Error | undefined;

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * Opens a database, making it if need be.
   *
   * @returns The jobs in it, too
   * @throws {JobStateError} If another process has it open, or a later version of livesyte has written it
   * @throws {StorageFullError} If there is no room for it on the disk
   * @throws {StorageUnavailableError} If it cannot be read or written
   */
  static async open(path: string): Promise<{ database: RemoteJobDatabase; jobs: StoredJob[] }> {
    const database = new RemoteJobDatabase(path);
    try {
      return { database, jobs: await database.#open() };
    } catch (error) {
      database.terminate();
      throw error;
    }
  }

  /** Makes changes; see {@linkcode JobBackend.write}. */
  write(changes: JobWrite): Promise<void> {
    return this.#call("write", changes);
  }

  /** How far the results of a job go. */
  countResults(jobId: string): Promise<ResultsCount> {
    return this.#call("countResults", jobId);
  }

  /** Highest number that an object of a job has; 0 when none has one. */
  highestTrack(jobId: string): Promise<number> {
    return this.#call("highestTrack", jobId);
  }

  /** Reads results of a job in the order of the frames. */
  readResults(
    jobId: string,
    range: { offset: number; limit: number },
    format: ResultFormat,
  ): Promise<ResultsPiece> {
    return this.#call("readResults", jobId, range, format);
  }

  #call<Method extends keyof DatabaseCalls>(
    method: Method,
    ...args: Parameters<DatabaseCalls[Method]>
  ): Promise<ReturnType<DatabaseCalls[Method]>> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    if (this.#worker === undefined) this.#open().catch((error) => this.#lose(error));
    return this.#post(method, args);
  }

  /** Closes the database, once the calls before are answered, and ends the worker. */
  async close(): Promise<void> {
    try {
      await this.#call("close");
    } finally {
      this.terminate();
    }
  }

  /** Ends the worker wherever it is, as a crash would. */
  terminate(): void {
    this.#end(new JobStateError("The job database is closed"));
  }

  /** Starts a worker, which opens the database before it does anything else. */
  #open(): Promise<StoredJob[]> {
    const url = new URL("./job_database_worker.ts", import.meta.url).href;
    const worker = new Worker(url, { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<DatabaseReply>) => this.#settle(data);
    worker.onerror = (event) => {
      // An error event that is not prevented would end the whole server.
      event.preventDefault();
      this.#lose(event.message);
    };
    this.#worker = worker;
    return this.#post("open", [this.#path]);
  }

  #post<Method extends keyof DatabaseCalls>(
    method: Method,
    args: Parameters<DatabaseCalls[Method]>,
  ): Promise<ReturnType<DatabaseCalls[Method]>> {
    const id = ++this.#lastId;
    const pending = Promise.withResolvers<unknown>();
    this.#pending.set(id, pending);
    this.#worker?.postMessage({ id, method, args } satisfies DatabaseRequest);
    return pending.promise as Promise<ReturnType<DatabaseCalls[Method]>>;
  }

  #settle({ id, value, error }: DatabaseReply): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error === undefined) pending?.resolve(value);
    else pending?.reject(toError(error));
  }

  /** Gives up a worker that has died, or cannot open the database any more. */
  #lose(reason: unknown): void {
    this.#release(new StorageUnavailableError(`The job database has failed: ${reason}`));
  }

  #end(reason: Error): void {
    this.#ended ??= reason;
    this.#release(this.#ended);
  }

  #release(reason: Error): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
  }
}

function toError({ name, message }: { name: string; message: string }): Error {
  const type = ERRORS.find((each) => each.name === name) ?? Error;
  return new type(message);
}
