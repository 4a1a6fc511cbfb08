import { fileURLToPath } from "node:url";
import type * as v from "valibot";
import { textLines } from "../text_lines.ts";
import { type AnswerSchema, parseAnswer, PeerError } from "./peer_answers.ts";

const PEERS = new URL("../peers/", import.meta.url);

/** A peer that has not answered for so long hangs; quantizing takes a minute. */
const ANSWER_TIMEOUT_MS = 300_000;

/** What to start. */
export interface PeerOptions {
  /** What it is called, for messages. */
  name: string;
  /** The Python that has its packages. */
  python: string;
  /** Its file in `bench/peers/`. */
  script: string;
}

/** A program in Python that livesyte is compared with, in a process of its own. */
export class PeerProcess implements AsyncDisposable {
  readonly #name: string;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #answers: AsyncGenerator<string>;
  readonly #errors: Promise<string>;

  /** Starts it; what it is, is its answer to its settings. */
  constructor({ name, python, script }: PeerOptions) {
    this.#name = name;
    this.#child = new Deno.Command(python, {
      args: [fileURLToPath(new URL(script, PEERS))],
      env: { PYTHONDONTWRITEBYTECODE: "1", PYTHONIOENCODING: "utf-8" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#answers = textLines(this.#child.stdout);
    this.#errors = new Response(this.#child.stderr).text();
  }

  /**
   * Gives it settings or a task, and waits for the answer.
   *
   * @throws {PeerError} If it ends, hangs, or answers anything else than what the schema says
   */
  async ask<Schema extends AnswerSchema>(
    task: Record<string, unknown>,
    schema: Schema,
  ): Promise<v.InferOutput<Schema>> {
    const line = new TextEncoder().encode(`${JSON.stringify(task)}\n`);
    // Where it has ended, its answer, or that there is none, says so.
    await this.#input.write(line).catch(() => {});
    const { promise: timeout, reject } = Promise.withResolvers<never>();
    const error = new PeerError(`Cannot compare with ${this.#name}: it does not answer`);
    const timer = setTimeout(() => reject(error), ANSWER_TIMEOUT_MS);
    try {
      const { value, done } = await Promise.race([this.#answers.next(), timeout]);
      if (!done) return parseAnswer(schema, value, this.#name);
    } catch (error) {
      this.#child.kill();
      throw error;
    } finally {
      clearTimeout(timer);
    }
    const [reason = "it has ended"] = (await this.#errors).trim().split("\n").slice(-1);
    throw new PeerError(`Cannot compare with ${this.#name}: ${reason}`);
  }

  /** Lets it end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close().catch(() => {});
    await this.#child.status;
  }
}
