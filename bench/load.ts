/**
 * Puts a server under load: many polite streams, a flooding one among them, and many idle ones.
 *
 * Run with `deno task load`; every figure is measured in this run.
 *
 * @module
 */

import { parseArgs } from "node:util";
import sharp from "sharp";
import { LoadClient, type LoadReport } from "./load_client.ts";
import { residentMemory, type ServerProcess, startServerProcess } from "./server_process.ts";

const HELP = `Puts a server under load and prints what it did.

Usage: deno task load [options]

Options:
  --sessions N   Streams at a time (10)
  --fps N        Frames a second of each (10)
  --seconds N    Length of each part (60)
  --idle N       Idle sessions to hold (1000)
  --help         Show this text
`;

const { values: options } = parseArgs({
  args: Deno.args,
  options: {
    sessions: { type: "string", default: "10" },
    fps: { type: "string", default: "10" },
    seconds: { type: "string", default: "60" },
    idle: { type: "string", default: "1000" },
    help: { type: "boolean", default: false },
  },
});

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function percentile(sorted: number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** Jain's fairness index (Jain, Chiu and Hawe 1984): 1 when all get the same, 1/n when one gets everything. */
function jainIndex(shares: number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return sum * sum / (shares.length * squares);
}

function describe(report: LoadReport): string {
  const ages = report.ages.toSorted((a, b) => a - b);
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => percentile(ages, share).toFixed(0));
  return [report.sent, report.answered, report.dropped, report.slowDowns, p50, p95, p99]
    .map((cell) => String(cell).padStart(9)).join("") +
    (report.errors.length > 0 ? `  ${report.errors.join(" ")}` : "");
}

async function runStreams(
  server: ServerProcess,
  frame: Uint8Array,
  rates: number[],
  seconds: number,
): Promise<LoadReport[]> {
  const clients = await Promise.all(rates.map(() => LoadClient.connect(server.url)));
  for (const [index, client] of clients.entries()) client.start(frame, rates[index]);
  await sleep(seconds * 1000);
  return await Promise.all(clients.map((client) => client.close()));
}

function printReports(title: string, reports: LoadReport[], seconds: number): void {
  print(`\n${title}`);
  print(
    "session     sent answered  dropped     slow      p50      p95      p99  (age of results, ms)",
  );
  for (const [index, report] of reports.entries()) {
    print(`${String(index + 1).padStart(4)}${describe(report)}`);
  }
  const answered = reports.map((report) => report.answered);
  const ages = reports.flatMap((report) => report.ages).toSorted((a, b) => a - b);
  const total = answered.reduce((sum, count) => sum + count, 0);
  print(
    `all: ${(total / seconds).toFixed(1)} results a second, Jain index ${
      jainIndex(answered).toFixed(4)
    }, ` +
      `age p50 ${percentile(ages, 0.5).toFixed(0)} p95 ${percentile(ages, 0.95).toFixed(0)} ` +
      `p99 ${percentile(ages, 0.99).toFixed(0)} ms`,
  );
}

async function holdIdle(server: ServerProcess, count: number): Promise<void> {
  const before = residentMemory(server.pid);
  const clients: LoadClient[] = [];
  for (let index = 0; index < count; index += 1) {
    clients.push(await LoadClient.connect(server.url));
  }
  await sleep(1000);
  const perSession = (residentMemory(server.pid) - before) * 1024 / count;
  print(
    `\n${count} idle sessions: ${
      perSession.toFixed(1)
    } KiB of resident memory each, sockets included`,
  );
  await Promise.all(clients.map((client) => client.close()));
}

async function main(): Promise<void> {
  const [sessions, fps, seconds, idle] = [
    options.sessions,
    options.fps,
    options.seconds,
    options.idle,
  ].map(Number);
  const image = new URL("../tests/fixtures/dog.jpg", import.meta.url).pathname;
  const frame = await sharp(image).resize(640, 480, { fit: "fill" }).jpeg({ quality: 80 })
    .toBuffer();
  await using server = await startServerProcess({ STREAM_IDLE_TIMEOUT_S: "0" });
  const memory = [residentMemory(server.pid)];

  const single = await runStreams(server, frame, [100], Math.min(seconds, 20));
  printReports("one session as fast as it can", single, Math.min(seconds, 20));
  memory.push(residentMemory(server.pid));

  const polite = await runStreams(server, frame, Array(sessions).fill(fps), seconds);
  printReports(`${sessions} sessions at ${fps} frames a second`, polite, seconds);
  memory.push(residentMemory(server.pid));

  const flooded = await runStreams(
    server,
    frame,
    [200, ...Array(sessions - 1).fill(fps)],
    Math.min(seconds, 30),
  );
  printReports(
    `session 1 floods with 200 frames a second beside ${sessions - 1}`,
    flooded,
    Math.min(seconds, 30),
  );
  memory.push(residentMemory(server.pid));

  if (idle > 0) await holdIdle(server, idle);
  memory.push(residentMemory(server.pid));
  const [start, afterSingle, afterPolite, afterFlood, end] = memory.map((size) => size.toFixed(0));
  print(
    `\nresident memory in MiB: ${start} at the start, ${afterSingle} after one session, ` +
      `${afterPolite} after ${sessions}, ${afterFlood} after the flood, ${end} at the end`,
  );
}

if (options.help) print(HELP);
else await main();
