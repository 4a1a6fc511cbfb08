import { NatsConnectionImpl, setTransportFactory } from "@nats-io/transport-node";
import { expect } from "expect";
import { ClusterDispatcher } from "../../lib/cluster/cluster_dispatcher.ts";
import { type Announcement, Subjects } from "../../lib/cluster/cluster_messages.ts";
import { ComputeNode } from "../../lib/cluster/compute_node.ts";
import { DenoTransport } from "../../lib/cluster/deno_transport.ts";
import { NodeDirectory } from "../../lib/cluster/node_directory.ts";
import { OverloadedError } from "../../lib/pipeline/errors.ts";
import type { SegmentResult } from "../../lib/pipeline/pipeline_executor.ts";
import type { LocalWorkers, SegmentRun } from "../../lib/pipeline/segment_dispatcher.ts";
import { FairQueue, type PrioritizedTask } from "../../lib/workers/fair_queue.ts";
import { NO_WORKERS } from "../../lib/workers/worker_pool.ts";
import { isMissing } from "../needs.ts";
import { startNats, until } from "./nats_server.ts";

const ignore = isMissing("nats");
const EQUAL = { version: "1", hash: "h" };
const SUBJECTS = new Subjects("default");
const NO_WORKER: LocalWorkers = {
  load: () => NO_WORKERS,
  run: () => Promise.reject(new Error("Nothing computes here")),
};

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

interface Task extends PrioritizedTask {
  resolve(result: SegmentResult): void;
}

/** A worker that only takes its time, behind the queue of real ones. */
class SleepingWorker implements LocalWorkers {
  readonly #queue = new FairQueue<Task>(1);
  readonly #taskMs: number;

  constructor(taskMs: number) {
    this.#taskMs = taskMs;
  }

  load() {
    const { waiting, running } = this.#queue;
    return { workers: 1, underWay: waiting + running, taskMs: this.#taskMs };
  }

  run({ turn: { sessionId } }: SegmentRun): Promise<SegmentResult> {
    const { promise, resolve } = Promise.withResolvers<SegmentResult>();
    const task = { sessionId, priority: "stream", mostAtOnce: 1, resolve } as const;
    this.#queue.push(task, performance.now());
    void this.#work();
    return promise;
  }

  async #work(): Promise<void> {
    if (this.#queue.running > 0) return;
    const task = this.#queue.take(performance.now());
    if (task === undefined) return;
    await sleep(this.#taskMs);
    this.#queue.finish(task, performance.now());
    const outcome = { image: { width: 1, height: 1 }, values: {}, times: {}, decodeMs: 0 };
    task.resolve({ outcome, wait: 0 });
    void this.#work();
  }
}

function runOf(sessionId: string): SegmentRun {
  const image = new Uint8Array(60_000);
  const turn = { sessionId };
  return { pipelineId: "x", pool: "detection", nodes: ["detect"], image, given: {}, turn };
}

/** Nodes and gateways over one NATS. */
class Machines implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  readonly #nodes: { id: string; compute: ComputeNode }[] = [];
  #url = "";

  async start(taskTimes: readonly number[], mostForEachWorker?: number): Promise<void> {
    setTransportFactory({ factory: () => new DenoTransport() });
    this.#url = this.#stack.use(await startNats()).url;
    for (const taskMs of taskTimes) {
      const compute = new ComputeNode(new SleepingWorker(taskMs), EQUAL, mostForEachWorker);
      const id = `takes-${taskMs}`;
      const connection = await this.#connect();
      compute.serve(connection, SUBJECTS.node(id));
      await connection.flush();
      this.#nodes.push({ id, compute });
    }
  }

  /** Tasks that the nodes have now. */
  get underWay(): number {
    return this.#nodes.reduce((sum, { compute }) => sum + compute.load.detection.underWay, 0);
  }

  async gateway(): Promise<ClusterDispatcher> {
    const connection = await this.#connect();
    const directory = new NodeDirectory({ id: crypto.randomUUID(), ...EQUAL });
    for (const { id, compute: { load } } of this.#nodes) {
      const node: Announcement = { ...EQUAL, id, name: id, role: "worker", load, isLeaving: false };
      directory.heard(node, performance.now());
    }
    return new ClusterDispatcher({
      directory,
      subjects: SUBJECTS,
      equal: EQUAL,
      connection: () => connection,
      onLost: () => {},
    });
  }

  async #connect() {
    const connection = await NatsConnectionImpl.connect({ servers: this.#url, reconnect: false });
    this.#stack.defer(() => connection.close());
    return connection;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

/** Jain's fairness index: 1 when all get the same, 1/n when one gets everything. */
function jainIndex(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  return sum ** 2 / (shares.length * shares.reduce((total, share) => total + share ** 2, 0));
}

Deno.test({
  name:
    "ten streams on two gateways share a fast and a slow node fairly, however often one of them asks",
  ignore,
  async fn() {
    await using machines = new Machines();
    // Far longer than the pauses between frames, also on a busy machine.
    await machines.start([32, 96]);
    const gateways = [await machines.gateway(), await machines.gateway()] as const;
    const answers = Array<number>(10).fill(0);
    let total = 0;
    await Promise.all(answers.map(async (_, stream) => {
      // Seven on one and three on the other; the first leaves no pause between its frames.
      const gateway = gateways[stream < 7 ? 0 : 1];
      while (total < 320) {
        await gateway.dispatch(runOf(`stream ${stream}`), NO_WORKER);
        answers[stream] = (answers[stream] ?? 0) + 1;
        total += 1;
        if (stream > 0) await sleep(5);
      }
    }));
    expect(answers.every((count) => count > 20)).toBe(true);
    expect(jainIndex(answers)).toBeGreaterThan(0.95);
  },
});

Deno.test({
  name:
    "a full node says so at once, another is asked, and when all are full the frame is for nobody",
  ignore,
  async fn() {
    await using machines = new Machines();
    await machines.start([2000, 2500], 1);
    const [gateway, other] = [await machines.gateway(), await machines.gateway()];
    // The other gateway does not know of these.
    const first = gateway.dispatch(runOf("a"), NO_WORKER);
    const second = gateway.dispatch(runOf("b"), NO_WORKER);
    await until(() => machines.underWay === 2);
    const startedAt = performance.now();
    await expect(other.dispatch(runOf("c"), NO_WORKER)).rejects.toThrow(OverloadedError);
    expect(performance.now() - startedAt).toBeLessThan(250);
    await first;
    const { outcome } = await other.dispatch(runOf("c"), NO_WORKER);
    expect(outcome.image.width).toBe(1);
    await second;
  },
});
