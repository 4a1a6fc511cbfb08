/**
 * Measures what several machines give, with their processes on one: what a round trip costs, how many frames two workers of one
 * core answer beside one server of two, and how fair it is.
 *
 * Run with `deno task bench:cluster`; it needs `nats-server` and `taskset`. Every figure is measured in this run.
 *
 * @module
 */

import { parseArgs } from "node:util";
import sharp from "sharp";
import { startNats } from "../tests/cluster/nats_server.ts";
import { LoadClient } from "./load_client.ts";
import { quantile } from "./quantile.ts";
import {
  type ServerProcess,
  type ServerProgram,
  startServerProcess,
  thisProject,
  thisProjectAsWorker,
} from "./server_process.ts";

const { values: options } = parseArgs({
  args: Deno.args,
  options: { seconds: { type: "string", default: "8" }, rounds: { type: "string", default: "3" } },
});
const [SECONDS, ROUNDS] = [Number(options.seconds), Number(options.rounds)] as const;

/** Streams of the gateways A and B. */
const STREAMS = [7, 3] as const;

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
/** Jain's fairness index: 1 when all get the same, 1/n when one gets everything. */
const jain = (shares: number[]) =>
  sum(shares) ** 2 / (shares.length * sum(shares.map((share) => share ** 2)));

/** Milliseconds that the cores have worked for a process; Linux counts in hundredths of a second. */
function processorMs(pid: number): number {
  const [, fields = ""] = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ");
  const [user, system] = fields.split(" ").slice(11, 13).map(Number);
  return ((user ?? NaN) + (system ?? NaN)) * 10;
}

/** The same program on some cores only. */
function pinned(cores: string, { command, args }: ServerProgram): ServerProgram {
  return { command: "taskset", args: ["-c", cores, command, ...args] };
}

function start(
  url: string | undefined,
  workers: number,
  program: ServerProgram = thisProject(),
): Promise<ServerProcess> {
  return startServerProcess({
    PIPELINE_DEVICE: "cpu",
    PIPELINE_WORKERS: String(workers),
    PIPELINE_THREADS: "1",
    STREAM_IDLE_TIMEOUT_S: "0",
    ...(url !== undefined && { NATS_URL: url }),
  }, program);
}

/** Milliseconds from a frame to its answer at each server, which are asked in turn, one after the other. */
async function roundTrips(
  servers: readonly ServerProcess[],
  frame: Uint8Array,
  pauseMs: number,
): Promise<number[][]> {
  const clients = await Promise.all(servers.map(({ url }) => LoadClient.connect(url)));
  const times: number[][] = servers.map(() => []);
  const end = performance.now() + ROUNDS * SECONDS * 1000;
  while (performance.now() < end) {
    for (const [index, client] of clients.entries()) {
      const startedAt = performance.now();
      if ("result" in await client.ask(frame)) times[index]?.push(performance.now() - startedAt);
      await sleep(pauseMs);
    }
  }
  await Promise.all(clients.map((client) => client.close()));
  return times.map((each) => each.slice(5));
}

/** Frames that each stream has answered, where each sends `framesPerSecond`. */
async function answers(
  streams: readonly { url: string; framesPerSecond: number }[],
  frame: Uint8Array,
): Promise<number[]> {
  const clients = await Promise.all(streams.map(({ url }) => LoadClient.connect(url)));
  for (const [index, client] of clients.entries()) {
    client.start(frame, streams[index]?.framesPerSecond ?? 0);
  }
  await sleep(SECONDS * 1000);
  const reports = await Promise.all(clients.map((client) => client.close()));
  const errors = reports.flatMap((report) => report.errors);
  if (errors.length > 0) throw new Error(`Streams ended: ${errors.join(" ")}`);
  return reports.map(({ answered }) => answered);
}

async function knows({ url }: ServerProcess, nodes: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const { cluster } = await (await fetch(`${url}health`)).json();
    if (cluster.nodes.length >= nodes) return;
    await sleep(50);
  }
  throw new Error("The nodes have not found each other");
}

async function measureRoundTrip(frame: Uint8Array): Promise<void> {
  await using nats = await startNats();
  await using alone = await start(undefined, 1);
  await using _worker = await start(nats.url, 1, thisProjectAsWorker());
  await using gateway = await start(nats.url, 0);
  await knows(gateway, 1);
  for (const [title, pauseMs] of [["back to back", 0], ["each 66 ms", 66]] as const) {
    const before = [gateway.pid, nats.pid].map(processorMs);
    const times = await roundTrips([alone, gateway], frame, pauseMs);
    const work = [gateway.pid, nats.pid].map((pid, index) =>
      (processorMs(pid) - (before[index] ?? NaN)) / (times[1]?.length ?? NaN)
    );
    const [here, there] = times.map((each) => [0.5, 0.95].map((share) => quantile(each, share)));
    print(
      `round trip, ${title}: p50 ${here?.[0]?.toFixed(1)} ms here, ${
        there?.[0]?.toFixed(1)
      } ms on a worker; ` +
        `p95 ${here?.[1]?.toFixed(1)} and ${there?.[1]?.toFixed(1)} ms; work for a frame of ` +
        `${Math.round(frame.length / 1024)} KiB: ${work[0]?.toFixed(2)} core-ms at the gateway, ` +
        `${work[1]?.toFixed(2)} in NATS`,
    );
  }
}

async function measureThroughput(frame: Uint8Array): Promise<void> {
  await using nats = await startNats();
  await using alone = await start(undefined, 2, pinned("0,1", thisProject()));
  await using _first = await start(nats.url, 1, pinned("0", thisProjectAsWorker()));
  await using _second = await start(nats.url, 1, pinned("1", thisProjectAsWorker()));
  await using gateway = await start(nats.url, 0);
  await knows(gateway, 2);
  const streamsOf = ({ url }: ServerProcess) => Array(4).fill({ url, framesPerSecond: 30 });
  const rates: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, server] of [alone, gateway].entries()) {
      rates[index]?.push(sum(await answers(streamsOf(server), frame)) / SECONDS);
    }
  }
  const [one, two] = rates.map((each) => quantile(each, 0.5)) as [number, number];
  print(
    `4 streams at 30 frames a second: one server of two cores ${
      one.toFixed(1)
    } results a second, a gateway with ` +
      `two workers of one core each ${two.toFixed(1)}: ${(two / one).toFixed(2)} of it`,
  );
}

async function measureFairness(frame: Uint8Array): Promise<void> {
  await using nats = await startNats();
  await using _first = await start(nats.url, 1, pinned("0", thisProjectAsWorker()));
  await using _second = await start(nats.url, 1, pinned("1", thisProjectAsWorker()));
  await using a = await start(nats.url, 0);
  await using b = await start(nats.url, 0);
  await Promise.all([knows(a, 3), knows(b, 3)]);
  for (const flood of [15, 200]) {
    const streams = [a, b].flatMap(({ url }, index) =>
      Array.from({ length: STREAMS[index] ?? 0 }, () => ({ url, framesPerSecond: 15 }))
    );
    const [first] = streams;
    if (first !== undefined) first.framesPerSecond = flood;
    const counts = await answers(streams, frame);
    print(
      `${
        STREAMS.join(" + ")
      } streams on two gateways at 15 frames a second, the first at ${flood}: ` +
        `results ${counts.join(" ")}, Jain ${jain(counts).toFixed(4)}`,
    );
  }
}

const frame = await sharp(new URL("../tests/fixtures/dog.jpg", import.meta.url).pathname)
  .resize(640, 480, { fit: "fill" }).jpeg({ quality: 80 }).toBuffer();
await measureRoundTrip(frame);
await measureThroughput(frame);
await measureFairness(frame);
