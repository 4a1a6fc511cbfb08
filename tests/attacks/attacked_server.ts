/** A server that is attacked, and the stream of somebody polite beside it. */

import { expect } from "expect";
import {
  residentMemory,
  type ServerProcess,
  startServerProcess,
  thisProject,
} from "../../bench/server_process.ts";
import { PoliteStream } from "./polite_stream.ts";
import { sleep } from "./raw_client.ts";

/** How much the server's memory may grow meanwhile, in MiB. */
const MAX_GROWTH_MIB = 150;
/** How much of that may stay: what the allocators keep for the next time. */
const MAX_REST_MIB = 75;
/** How long the server may take to be as it was, in milliseconds: the longest of the door's limits for what answers nothing. */
const RECOVERY_MS = 20_000;

/** Share of its answers that a stream keeps, whatever strangers do. */
const KEPT_SHARE = 0.9;
const ATTEMPTS = 3;

/** Options for {@linkcode AttackedServer.start}. */
export interface AttackedServerOptions {
  /** Variables for the server. */
  environment?: Record<string, string>;
  /** Files that it may have open. */
  fileLimit?: number;
}

/** A server in a process of its own. */
export class AttackedServer implements AsyncDisposable {
  /** The server. */
  readonly server: ServerProcess;
  /** Somebody who streams ten frames a second. */
  readonly stream: PoliteStream;

  private constructor(server: ServerProcess, stream: PoliteStream) {
    this.server = server;
    this.stream = stream;
  }

  /** Starts a server, and a stream that has become steady. */
  static async start(
    { environment = {}, fileLimit }: AttackedServerOptions = {},
  ): Promise<AttackedServer> {
    const variables = { PIPELINE_WORKERS: "1", PIPELINE_THREADS: "1", ...environment };
    const { command, args } = thisProject();
    const program = fileLimit === undefined ? { command, args } : {
      command: "sh",
      args: ["-c", `ulimit -n ${fileLimit} && exec "$0" "$@"`, command, ...args],
    };
    const server = await startServerProcess(variables, program);
    return new AttackedServer(server, await PoliteStream.open(server.url));
  }

  /** Files that the server has open. */
  get descriptors(): number {
    return [...Deno.readDirSync(`/proc/${this.server.pid}/fd`)].length;
  }

  /**
   * Attacks, and looks at what that does to the stream, the memory and the descriptors, which have to be back soon after.
   *
   * The answers are compared with those just before and just after, of which the fewer count, since other programs may take
   * the cores at any time; and where they seem to suffer, it is tried again.
   *
   * @param attack Goes on until the signal is aborted
   * @returns What the last attack gave
   */
  async expectUnharmedBy<T>(
    attack: (signal: AbortSignal) => Promise<T>,
    milliseconds = 3000,
  ): Promise<T> {
    // The store of the jobs opens its files when somebody first asks for one.
    await (await fetch(new URL("/video/jobs", this.server.url))).body?.cancel();
    for (let attempt = 1;; attempt += 1) {
      const { result, answers } = await this.#attack(attack, milliseconds);
      const alone = Math.min(answers.before, answers.after);
      const isKept = alone > 0 && answers.meanwhile >= Math.floor(KEPT_SHARE * alone);
      if (isKept) return result;
      if (attempt === ATTEMPTS) expect(answers).toEqual("at least 90 % kept");
    }
  }

  async #attack<T>(attack: (signal: AbortSignal) => Promise<T>, milliseconds: number) {
    const { server: { pid }, stream } = this;
    const before = await stream.countAnswers(milliseconds);
    const rest = { memory: residentMemory(pid), descriptors: this.descriptors };
    let peak = rest.memory;
    const watch = setInterval(() => peak = Math.max(peak, residentMemory(pid)), 50);
    const end = new AbortController();
    const attacking = attack(end.signal);
    try {
      const meanwhile = await stream.countAnswers(milliseconds);
      end.abort();
      const result = await attacking;
      await this.#recover(rest);
      expect(Math.round(peak - rest.memory)).toBeLessThan(MAX_GROWTH_MIB);
      const after = await stream.countAnswers(milliseconds);
      return { result, answers: { before, meanwhile, after } };
    } finally {
      end.abort();
      clearInterval(watch);
      await attacking.catch(() => {});
    }
  }

  async #recover(rest: { memory: number; descriptors: number }): Promise<void> {
    const startedAt = performance.now();
    const left = () => ({
      descriptors: Math.max(0, this.descriptors - rest.descriptors),
      hasMemory: residentMemory(this.server.pid) - rest.memory > MAX_REST_MIB,
    });
    const isBack = () => Object.values(left()).every((value) => !value);
    while (!isBack() && performance.now() - startedAt < RECOVERY_MS) await sleep(100);
    expect(left()).toEqual({ descriptors: 0, hasMemory: false });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stream[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}
