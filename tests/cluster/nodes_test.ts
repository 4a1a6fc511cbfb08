import { expect } from "expect";
import { LoadClient } from "../../bench/load_client.ts";
import {
  type ServerProcess,
  startServerProcess,
  thisProjectAsWorker,
} from "../../bench/server_process.ts";
import { isMissing } from "../needs.ts";
import { ensureModel } from "../pipeline/models.ts";
import { readFixture } from "../read_fixture.ts";
import { type NatsServer, startNats, until } from "./nats_server.ts";

const ignore = isMissing("nats");
const DOG = await readFixture("dog.jpg");
const STREAMS = 4;

const ENVIRONMENT = { PIPELINE_DEVICE: "cpu", PIPELINE_WORKERS: "1", PIPELINE_THREADS: "1" };

function startWorker({ url }: NatsServer): Promise<ServerProcess> {
  return startServerProcess({ ...ENVIRONMENT, NATS_URL: url }, thisProjectAsWorker());
}

/** Each as a stream that sends its next frame when it has the answer to the one before. */
class Streams {
  /** Times of the results of each stream, in monotonic milliseconds. */
  readonly results: number[][] = [];
  readonly drops: number[] = [];
  #clients: LoadClient[] = [];
  #asking: Promise<void>[] = [];
  #isOver = false;

  async start(url: string): Promise<void> {
    for (let stream = 0; stream < STREAMS; stream++) {
      const client = await LoadClient.connect(url);
      this.#clients.push(client);
      this.results.push([]);
      this.drops.push(0);
      const asking = this.#ask(client, stream);
      // Told by `stop`; a test that fails before does not end the others as well.
      asking.catch(() => {});
      this.#asking.push(asking);
    }
  }

  /** @throws If one of the streams has ended before */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#asking);
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  /** The longest time that a stream was without a result. */
  get longestGapMs(): number {
    const gaps = this.results.flatMap((times) =>
      times.slice(1).map((time, index) => time - (times[index] ?? time))
    );
    return Math.max(...gaps);
  }

  /** Waits until each stream has had so many more results. */
  async progress(count: number): Promise<void> {
    const before = this.results.map((times) => times.length);
    await until(() =>
      this.results.every((times, index) => times.length >= (before[index] ?? 0) + count)
    );
  }

  async #ask(client: LoadClient, stream: number): Promise<void> {
    while (!this.#isOver) {
      const answer = await client.ask(DOG);
      if ("result" in answer) this.results[stream]?.push(performance.now());
      else if ("dropped" in answer) this.drops[stream] = (this.drops[stream] ?? 0) + 1;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

interface Cluster extends AsyncDisposable {
  nats: NatsServer;
  gateway: ServerProcess;
  workers: ServerProcess[];
}

/** A gateway that computes nothing, and two workers that it knows. */
async function startCluster(): Promise<Cluster> {
  await ensureModel();
  await using stack = new AsyncDisposableStack();
  const nats = stack.use(await startNats());
  const workers = await Promise.all([startWorker(nats), startWorker(nats)]);
  for (const worker of workers) stack.use(worker);
  const environment = { ...ENVIRONMENT, PIPELINE_WORKERS: "0", NATS_URL: nats.url };
  const gateway = stack.use(await startServerProcess(environment));
  await until(async () => (await nodesOf(gateway)) === 2);
  const owned = stack.move();
  return { nats, gateway, workers, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function nodesOf({ url }: ServerProcess): Promise<number> {
  return (await (await fetch(`${url}health`)).json()).cluster.nodes.length;
}

async function failovers({ url }: ServerProcess): Promise<number> {
  const text = await (await fetch(`${url}metrics`)).text();
  return Number(/^cluster_failovers_total (\d+)$/m.exec(text)?.[1]);
}

Deno.test({
  name:
    "kill -9 of a worker under load ends no stream, costs each one frame at most, and the others go on",
  ignore,
  async fn() {
    await using cluster = await startCluster();
    const { gateway, workers: [first] } = cluster;
    const streams = new Streams();
    await streams.start(gateway.url);
    await streams.progress(5);
    await first?.stop("SIGKILL");
    await streams.progress(5);
    await streams.stop();
    expect(Math.max(...streams.drops)).toBeLessThanOrEqual(1);
    expect(streams.longestGapMs).toBeLessThan(2000);
    expect(await failovers(gateway)).toBeGreaterThan(0);
    expect(await nodesOf(gateway)).toBe(1);
    const lost = gateway.log.find(({ message }) =>
      /does not answer any more/.test(String(message))
    );
    expect(lost).toMatchObject({ level: "warning", event: "cluster_node", role: "worker" });
  },
});

Deno.test({
  name:
    "a worker that is asked to stop finishes its frames and leaves, and another takes its place unnoticed",
  ignore,
  async fn() {
    await using cluster = await startCluster();
    const { nats, gateway, workers: [first] } = cluster;
    const streams = new Streams();
    await streams.start(gateway.url);
    await streams.progress(5);
    expect(await first?.stop("SIGTERM")).toBe(0);
    await streams.progress(5);
    await using _successor = await startWorker(nats);
    await until(() =>
      gateway.log.filter(({ message }) => /joined/.test(String(message))).length === 3
    );
    await streams.progress(5);
    await streams.stop();
    expect(streams.drops).toEqual(Array(STREAMS).fill(0));
    expect(gateway.log.some(({ message }) => /is leaving the cluster/.test(String(message)))).toBe(
      true,
    );
  },
});

Deno.test({
  name: "a worker that hangs is given up after some seconds, and is asked again when it goes on",
  ignore,
  async fn() {
    await using cluster = await startCluster();
    const { gateway, workers: [first] } = cluster;
    const streams = new Streams();
    await streams.start(gateway.url);
    await streams.progress(5);
    Deno.kill(first?.pid ?? 0, "SIGSTOP");
    try {
      await until(async () => (await nodesOf(gateway)) === 1);
      await streams.progress(5);
    } finally {
      Deno.kill(first?.pid ?? 0, "SIGCONT");
    }
    await until(async () => (await nodesOf(gateway)) === 2);
    await streams.stop();
    expect(Math.max(...streams.drops)).toBeLessThanOrEqual(1);
    expect(streams.longestGapMs).toBeLessThan(8000);
  },
});
