/**
 * Computes for other nodes.
 *
 * @module
 */

import type { Msg, NatsConnection, Subscription } from "@nats-io/transport-node";
import { describeImageError } from "../pipeline/describe_image_error.ts";
import { PipelineError } from "../pipeline/errors.ts";
import type { LocalWorkers } from "../pipeline/segment_dispatcher.ts";
import type { Announcement, NodeLoad, TaskAnswer, TaskMessage } from "./cluster_messages.ts";
import { decodePacket, encodePacket } from "./packet.ts";

/** Tasks for each worker above which a node is full: they come in turns of a stream each, and the last waits for some seconds. */
const MOST_FOR_EACH_WORKER = 64;

/** What is answered to a task, without how much there is to do; `isHere` to an empty message. */
type Answer =
  | Omit<Extract<TaskAnswer, { outcome: unknown }>, "load">
  | Omit<Extract<TaskAnswer, { failure: unknown }>, "load">
  | Omit<Extract<TaskAnswer, { refusal: unknown }>, "load">
  | { isHere: true };

/** Takes tasks of other nodes, runs them on the workers of this machine, and keeps nothing of them. */
export class ComputeNode {
  readonly #workers: LocalWorkers;
  readonly #equal: Pick<Announcement, "version" | "hash">;
  readonly #mostForEachWorker: number;
  #subscription: Subscription | undefined;
  #underWay = 0;
  #onIdle: (() => void) | undefined;

  /**
   * Begins without tasks.
   *
   * @param equal What those who ask have to have as well
   * @param mostForEachWorker Tasks that may be with or wait for each worker
   */
  constructor(
    workers: LocalWorkers,
    equal: Pick<Announcement, "version" | "hash">,
    mostForEachWorker = MOST_FOR_EACH_WORKER,
  ) {
    this.#workers = workers;
    this.#equal = equal;
    this.#mostForEachWorker = mostForEachWorker;
  }

  /** How much the workers of this machine have to do now, whoever asked. */
  get load(): NodeLoad {
    return { detection: this.#workers.load("detection"), reading: this.#workers.load("reading") };
  }

  /** Takes tasks from now on, as they come over a connection. */
  serve(connection: NatsConnection, subject: string): void {
    this.#subscription = connection.subscribe(subject, {
      callback: (error, message) => {
        const maxBytes = connection.info?.max_payload ?? Infinity;
        if (error === null) void this.#answer(message, maxBytes);
      },
    });
  }

  /**
   * Takes no more tasks, and finishes those that have come.
   *
   * @param timeoutMs How long they may take
   */
  async drain(timeoutMs: number): Promise<void> {
    await this.#subscription?.drain().catch(() => {});
    if (this.#underWay === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onIdle = resolve;
    const timer = setTimeout(resolve, timeoutMs);
    await promise;
    clearTimeout(timer);
  }

  async #answer(message: Msg, maxBytes: number): Promise<void> {
    this.#underWay += 1;
    const answer = await this.#run(message.data);
    try {
      message.respond(this.#encode(answer, maxBytes));
    } catch {
      // Without a connection nobody waits for it.
    }
    this.#underWay -= 1;
    if (this.#underWay === 0) this.#onIdle?.();
  }

  #encode(answer: Answer, maxBytes: number): Uint8Array {
    const packet = encodePacket({ ...answer, load: this.load });
    if (packet.length <= maxBytes) return packet;
    if ("outcome" in answer && answer.outcome.memory !== undefined) {
      // Without it the lines are only read once more.
      const { memory: _, ...outcome } = answer.outcome;
      return this.#encode({ ...answer, outcome }, maxBytes);
    }
    const message = `An answer of ${packet.length} bytes is more than NATS takes`;
    return encodePacket({ failure: { kind: "internal", message }, load: this.load });
  }

  /** An empty message only asks whether the node is there. */
  async #run(data: Uint8Array): Promise<Answer> {
    if (data.length === 0) return { isHere: true };
    try {
      const { equal, turn, ...run } = decodePacket(data) as TaskMessage;
      if (equal.version !== this.#equal.version || equal.hash !== this.#equal.hash) {
        return { refusal: "unequal" };
      }
      const { workers, underWay } = this.#workers.load(run.pool);
      if (underWay >= workers * this.#mostForEachWorker) return { refusal: "full" };
      const mostAtOnce = turn.mostAtOnce ?? Infinity;
      const { outcome, wait } = await this.#workers.run({ ...run, turn: { ...turn, mostAtOnce } });
      return { outcome, wait };
    } catch (error) {
      const inner = error instanceof PipelineError ? error.cause ?? error : error;
      return { failure: describeImageError(inner) };
    }
  }
}
