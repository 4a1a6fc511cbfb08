/**
 * The server's end of one decode process: starts it, reads its records, and knows why it ended.
 *
 * @module
 */

import { setPriority } from "node:os";
import type { ChildProgram } from "../../child_program.ts";
import { NamedError } from "../../named_error.ts";
import { defaultDecodeCommand, spawnDecodeProcess } from "./decode_command.ts";
import {
  type DecodeRequest,
  type LiveCommand,
  type LiveRequest,
  MEMORY_EXIT_CODE,
  type RecordHead,
  RecordReader,
} from "./frame_protocol.ts";

/** Why a decode process gives no record. */
export type ChildFailure = "silent" | "memory" | "crashed";

/** Thrown when a decode process gives no record. */
export class ChildError extends NamedError {
  /** Why. */
  readonly failure: ChildFailure;

  /** Says why, for programs. */
  constructor(failure: ChildFailure, options?: ErrorOptions) {
    super(`The decode process gives no record: ${failure}`, options);
    this.failure = failure;
  }
}

/** Options of {@linkcode DecodeChild}. */
export interface DecodeChildOptions {
  /** Starts the process; by default this program itself. */
  command?: ChildProgram;
  /** Longest body of a record in bytes. */
  maxBodyBytes: number;
  /** How much it yields to other processes, from 0 (not at all) to 19. */
  niceness: number;
  /** Where it looks for files that are named without a directory. */
  directory?: string;
  /** Ends it when aborted; whoever waits for a record then gets an error. */
  signal?: AbortSignal;
}

/** A running decode process. */
export class DecodeChild implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #records: RecordReader;
  readonly #commands: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #signal: AbortSignal | undefined;
  readonly #kill = () => {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
  };

  /** Starts a process for a request. */
  constructor(request: DecodeRequest | LiveRequest, options: DecodeChildOptions) {
    const { command = defaultDecodeCommand(), maxBodyBytes, niceness, directory, signal } = options;
    this.#process = spawnDecodeProcess(command, JSON.stringify(request), directory);
    yieldToOthers(this.#process.pid, niceness);
    this.#records = new RecordReader(this.#process.stdout, { maxBodyBytes });
    this.#commands = this.#process.stdin.getWriter();
    this.#signal = signal;
    signal?.addEventListener("abort", this.#kill, { once: true });
  }

  /** Process id. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Tells it something; whether it still lives shows in what it gives. */
  send(command: LiveCommand): void {
    const line = new TextEncoder().encode(`${JSON.stringify(command)}\n`);
    this.#commands.write(line).catch(() => {});
  }

  /**
   * The next record.
   *
   * @param timeoutMs Longest wait in milliseconds
   * @throws {ChildError} If there is none in time, or the process has ended
   */
  async read(timeoutMs: number): Promise<{ head: RecordHead; body: Uint8Array<ArrayBuffer> }> {
    const timeout = Promise.withResolvers<never>();
    const timer = setTimeout(() => timeout.reject(new ChildError("silent")), timeoutMs);
    try {
      const record = await Promise.race([this.#records.read(), timeout.promise]);
      if (record !== undefined) return record;
      const { code } = await Promise.race([this.#process.status, timeout.promise]);
      throw new ChildError(code === MEMORY_EXIT_CODE ? "memory" : "crashed");
    } catch (error) {
      if (error instanceof ChildError) throw error;
      throw new ChildError("crashed", { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the process, wherever it is. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal?.removeEventListener("abort", this.#kill);
    this.#kill();
    await this.#records.cancel();
    await this.#commands.close().catch(() => {});
    await this.#process.status;
  }
}

/** Lets others go first: a process takes what they leave of the cores. */
function yieldToOthers(pid: number, niceness: number): void {
  try {
    setPriority(pid, niceness);
  } catch {
    // It has ended already, or the system does not let its priority be changed.
  }
}

/** Whether FFmpeg's libraries are there; an executable can be made without. */
export function hasLibraries(): boolean {
  try {
    import.meta.resolve("node-av/lib");
    return true;
  } catch {
    return false;
  }
}
