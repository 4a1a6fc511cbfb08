/**
 * Has parts of frames computed on the node that has the most time for them.
 *
 * @module
 */

import { type NatsConnection, NoRespondersError, RequestError } from "@nats-io/transport-node";
import * as v from "valibot";
import { OverloadedError, PipelineError } from "../pipeline/errors.ts";
import { imageTaskRules } from "../pipeline/image_task_rules.ts";
import type { SegmentResult } from "../pipeline/pipeline_executor.ts";
import type {
  LocalWorkers,
  SegmentDispatcher,
  SegmentRun,
} from "../pipeline/segment_dispatcher.ts";
import type { PoolName } from "../pipeline/step.ts";
import { logEvent } from "../telemetry/log.ts";
import { clusterMetrics } from "./cluster_metrics.ts";
import {
  type Announcement,
  readTaskAnswer,
  type Subjects,
  type TaskAnswer,
  type TaskMessage,
} from "./cluster_messages.ts";
import { HERE, type NodeDirectory } from "./node_directory.ts";
import { encodePacket } from "./packet.ts";

/** How long a part of a frame may take in all, in milliseconds: as long as a worker of this machine may. */
const DEADLINE_MS = 10_000;
/** How long streams only lose frames while no node can compute, before they end, in milliseconds. */
const PATIENCE_MS = 10_000;
/** Without an answer for so long, in milliseconds, a node is asked whether it is there. */
const CHECK_MS = 400;
/** How long a video job waits before it asks again, in milliseconds. */
const JOB_RETRY_MS = 500;

/** What a {@linkcode ClusterDispatcher} works with. */
export interface ClusterDispatcherOptions {
  /** The other nodes. */
  directory: NodeDirectory;
  /** The subjects of the cluster. */
  subjects: Subjects;
  /** What nodes that compute for this one have to have as well. */
  equal: Pick<Announcement, "version" | "hash">;
  /** The connection; `undefined` while there is none. */
  connection: () => NatsConnection | undefined;
  /** Called with a node that turned out to be lost. */
  onLost: (node: Announcement) => void;
}

/** A node that was lost before it answered. */
class NodeLostError extends Error {}

/** A node that has too much to do, or is no longer equal. */
class NodeRefusedError extends Error {}

/** Runs parts of frames here where a worker is free, else where one is. */
export class ClusterDispatcher implements SegmentDispatcher {
  readonly #options: ClusterDispatcherOptions;
  readonly #toError = imageTaskRules().toError;
  /** Since when no node has been able to compute, in monotonic milliseconds. */
  #aloneSince: number | undefined = performance.now();
  #toldTooLarge = -Infinity;

  /** Begins without other nodes. */
  constructor(options: ClusterDispatcherOptions) {
    this.#options = options;
  }

  /** Looks whether other nodes can compute; to be called when that may have changed. */
  nodesChanged(): void {
    if (this.workersElsewhere("detection") > 0) this.#aloneSince = undefined;
    else this.#aloneSince ??= performance.now();
  }

  /** Workers of a kind on other nodes that can be asked. */
  workersElsewhere(pool: PoolName): number {
    return this.#options.directory.workers(pool);
  }

  /**
   * Runs nodes here or elsewhere; a video job waits for as long as no node can.
   *
   * @throws {OverloadedError} If every node is full, or none has been there for a moment
   * @throws {PipelineError} If none has been there for 10 s, or NATS does not take a frame of that size
   */
  async dispatch(run: SegmentRun, local: LocalWorkers): Promise<SegmentResult> {
    const { priority, signal } = run.turn;
    // Pixels are many times as large as what they were decoded from.
    const mustStay = !(run.image instanceof Uint8Array) && local.load(run.pool).workers > 0;
    if (mustStay) return await local.run(run);
    while (true) {
      try {
        return await this.#runAnywhere(run, local);
      } catch (error) {
        if (!(error instanceof OverloadedError) || priority !== "job") throw error;
        await new Promise((resolve) => setTimeout(resolve, JOB_RETRY_MS));
        signal?.throwIfAborted();
      }
    }
  }

  async #runAnywhere(run: SegmentRun, local: LocalWorkers): Promise<SegmentResult> {
    const { directory } = this.#options;
    const deadline = performance.now() + DEADLINE_MS;
    const tried = new Set<string>();
    let packet: Uint8Array<ArrayBuffer> | undefined;
    for (let losses = 0; losses < 2;) {
      const load = local.load(run.pool);
      const place = directory.choose(run.pool, load, tried);
      if (place === HERE) return await local.run(run);
      if (place === undefined) break;
      packet ??= this.#packetOf(run);
      if (!this.#fits(packet)) {
        if (load.workers > 0) return await local.run(run);
        throw new PipelineError({ cause: new Error(this.#tooLarge(packet)) });
      }
      tried.add(place);
      try {
        return await this.#ask(place, run.pool, packet, deadline - performance.now());
      } catch (error) {
        if (error instanceof NodeRefusedError) continue;
        if (!(error instanceof NodeLostError)) throw error;
        losses += 1;
        if (losses === 1) clusterMetrics.failovers.inc();
      }
    }
    if (local.load(run.pool).workers > 0) return await local.run(run);
    throw this.#noPlace(run, tried.size > 0);
  }

  /** The error for a part of a frame that no node takes. */
  #noPlace({ turn: { priority = "stream" } }: SegmentRun, wereAsked: boolean): Error {
    const isPatient = wereAsked || this.#aloneSince === undefined ||
      performance.now() - this.#aloneSince < PATIENCE_MS || priority !== "stream";
    const cause = new Error("No node of the cluster can compute");
    return isPatient ? new OverloadedError(cause.message) : new PipelineError({ cause });
  }

  /** A frame for another node, without what is known of its text where NATS would not take both. */
  #packetOf(run: SegmentRun): Uint8Array<ArrayBuffer> {
    const packet = this.#encode(run);
    if (this.#fits(packet) || run.memory === undefined) return packet;
    return this.#encode({ ...run, memory: { lines: [], searched: undefined } });
  }

  #encode({ turn, ...run }: SegmentRun): Uint8Array<ArrayBuffer> {
    const { sessionId, priority = "stream", mostAtOnce = 1 } = turn;
    const { equal } = this.#options;
    const message: TaskMessage = {
      ...run,
      equal,
      turn: {
        sessionId,
        priority,
        mostAtOnce: Number.isFinite(mostAtOnce) ? mostAtOnce : null,
      },
    };
    return encodePacket(message);
  }

  #fits(packet: Uint8Array): boolean {
    return packet.length <= (this.#options.connection()?.info?.max_payload ?? Infinity);
  }

  #tooLarge({ length }: Uint8Array): string {
    const limit = this.#options.connection()?.info?.max_payload;
    const sentence =
      `A frame takes a message of ${length} bytes, and NATS takes ${limit} at most: ` +
      "raise max_payload in the configuration of nats-server";
    // Once a minute does, however many frames there are.
    if (performance.now() - this.#toldTooLarge > 60_000) {
      this.#toldTooLarge = performance.now();
      logEvent("error", "cluster_problem", sentence);
    }
    return sentence;
  }

  async #ask(
    id: string,
    pool: PoolName,
    packet: Uint8Array<ArrayBuffer>,
    timeoutMs: number,
  ): Promise<SegmentResult> {
    const { directory } = this.#options;
    const asked = directory.ask(id, pool);
    if (asked === undefined) throw new NodeLostError();
    const node = directory.nameOf(id);
    const startedAt = performance.now();
    try {
      const answer = await this.#request(id, packet, timeoutMs, asked.gone);
      clusterMetrics.requestSeconds.observe((performance.now() - startedAt) / 1000);
      // Before its load is looked at, which no longer holds this one.
      asked.done();
      directory.told(id, answer.load);
      if ("refusal" in answer) throw new NodeRefusedError(answer.refusal);
      if ("failure" in answer) throw this.#toError({ type: "failed", ...answer.failure });
      clusterMetrics.frames.inc({ node });
      const { outcome, wait } = answer;
      return { outcome, wait };
    } finally {
      asked.done();
    }
  }

  async #request(
    id: string,
    packet: Uint8Array<ArrayBuffer>,
    timeoutMs: number,
    gone: Promise<void>,
  ): Promise<TaskAnswer> {
    const connection = this.#options.connection();
    if (connection === undefined || timeoutMs < 1) throw new NodeLostError();
    const subject = this.#options.subjects.node(id);
    const request = connection.request(subject, packet, { timeout: timeoutMs });
    const lost = gone.then(() => {
      throw new NodeLostError();
    });
    for (const each of [request, lost]) each.catch(() => {});
    const check = setInterval(() => this.#check(id, connection), CHECK_MS);
    try {
      const { data } = await Promise.race([request, lost]);
      return readTaskAnswer(data);
    } catch (error) {
      if (isNobodyThere(error) || isNoAnswer(error)) this.#lose(id);
      // Otherwise the connection has ended, or the time is up.
      throw new NodeLostError();
    } finally {
      clearInterval(check);
    }
  }

  /** Forgets a node that is known to NATS no more, which notices the end of a process at once. */
  async #check(id: string, connection: NatsConnection): Promise<void> {
    try {
      await connection.request(this.#options.subjects.node(id), "", { timeout: CHECK_MS });
    } catch (error) {
      if (isNobodyThere(error)) this.#lose(id);
    }
  }

  #lose(id: string): void {
    const lost = this.#options.directory.lose(id);
    if (lost !== undefined) this.#options.onLost(lost);
  }
}

/** Whether somebody has answered who is no node of this cluster. */
function isNoAnswer(error: unknown): boolean {
  return error instanceof SyntaxError || error instanceof v.ValiError;
}

function isNobodyThere(error: unknown): boolean {
  return error instanceof NoRespondersError ||
    error instanceof RequestError && error.isNoResponders();
}
