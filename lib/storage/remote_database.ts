/**
 * The server's side of a worker that has a database, so that nothing waits for the disk but those who ask for what is on it.
 *
 * @module
 */

import { DatabaseError, StorageFullError, StorageUnavailableError } from "./errors.ts";
import type { DatabaseReply, DatabaseRequest } from "./serve_database.ts";

/** What the worker can be asked; `open` comes before everything else. */
interface DatabaseMethods {
  open(path: string): unknown;
  close(): void;
}

type Arguments<Method> = Method extends (...args: infer Args) => unknown ? Args : never;
type Result<Method> = Method extends (...args: never) => infer Value ? Value : never;

/** Options of {@linkcode RemoteDatabase}. */
export interface RemoteDatabaseOptions {
  /** Where the database is on the disk. */
  path: string;
  /** Address of the worker's module, which calls `serveDatabase`. */
  worker: string;
  /** What it is called in messages, such as `job database`. */
  name: string;
  /** What calls fail with once it is closed. */
  closed: Error;
  /** Classes of errors that are to keep their class on the way from the worker, beside those of storage. */
  errors?: readonly (new (message: string) => Error)[];
}

/**
 * Calls methods in a worker, which answers them in their order.
 *
 * A worker that dies takes the calls with it that it has not answered; the next call opens the database in a new one.
 */
export class RemoteDatabase<Methods extends DatabaseMethods> {
  readonly #options: RemoteDatabaseOptions;
  #worker: Worker | undefined;
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;
  #ended: Error | undefined;

  /** Opens nothing yet. */
  constructor(options: RemoteDatabaseOptions) {
    this.#options = options;
  }

  /**
   * Starts a worker, which opens the database before it does anything else.
   *
   * @returns What the method `open` returns
   * @throws What that throws; the worker has ended then
   */
  async start(): Promise<Result<Methods["open"]>> {
    try {
      return await this.#open();
    } catch (error) {
      this.terminate();
      throw error;
    }
  }

  /**
   * Calls a method.
   *
   * @throws What the method throws
   * @throws {StorageFullError} If there is no room on the disk for a change, which is not made then
   * @throws {StorageUnavailableError} If the database cannot be read or written
   */
  call<Method extends keyof Methods & string>(
    method: Method,
    ...args: Arguments<Methods[Method]>
  ): Promise<Result<Methods[Method]>> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    if (this.#worker === undefined) this.#open().catch((error) => this.#lose(error));
    return this.#post(method, args);
  }

  /** Closes the database, once the calls before are answered, and ends the worker. */
  async close(): Promise<void> {
    try {
      await this.call("close", ...[] as never);
    } finally {
      this.terminate();
    }
  }

  /** Ends the worker wherever it is, as a crash would. */
  terminate(): void {
    this.#ended ??= this.#options.closed;
    this.#release(this.#ended);
  }

  #open(): Promise<Result<Methods["open"]>> {
    const worker = new Worker(this.#options.worker, { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<DatabaseReply>) => this.#settle(data);
    worker.onerror = (event) => {
      // An error event that is not prevented would end the whole server.
      event.preventDefault();
      this.#lose(event.message);
    };
    this.#worker = worker;
    return this.#post("open", [this.#options.path]);
  }

  #post<Value>(method: string, args: readonly unknown[]): Promise<Value> {
    const id = ++this.#lastId;
    const pending = Promise.withResolvers<unknown>();
    this.#pending.set(id, pending);
    this.#worker?.postMessage({ id, method, args } satisfies DatabaseRequest);
    return pending.promise as Promise<Value>;
  }

  #settle({ id, value, error }: DatabaseReply): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error === undefined) pending?.resolve(value);
    else pending?.reject(this.#toError(error));
  }

  #toError({ name, message }: { name: string; message: string }): Error {
    const { errors = [] } = this.#options;
    const type = [DatabaseError, StorageFullError, ...errors].find((each) => each.name === name);
    return new (type ?? Error)(message);
  }

  /** Gives up a worker that has died, or cannot open the database any more. */
  #lose(reason: unknown): void {
    this.#release(new StorageUnavailableError(`The ${this.#options.name} has failed: ${reason}`));
  }

  #release(reason: Error): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
  }
}
