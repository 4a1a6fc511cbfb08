import { expect } from "expect";
import { startServerProcess } from "../../bench/server_process.ts";
import { makeJob } from "../../lib/video/jobs/job.ts";
import { JobDatabase } from "../../lib/video/jobs/database/job_database.ts";
import { DATABASE_NAME } from "../../lib/video/jobs/database/open_job_storage.ts";
import type { Detection } from "../../lib/protocol/detection.ts";
import { ask } from "../routes/video_client.ts";
import { emptyResult, frameResults } from "../video/results.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { PoliteStream, SMALL_INPUT } from "./polite_stream.ts";
import { expectFiguresBack, startAttacker } from "./server_figures.ts";

const CHOSEN_PLAN = { PIPELINE_WORKERS: "1", ...SMALL_INPUT };
const ROWS = 150_000;

/** A data directory with one completed job of 150,000 results. */
async function largeJob(): Promise<AsyncDisposable & { path: string; id: string }> {
  const directory = await temporaryDirectory();
  const id = crypto.randomUUID();
  const dog: Detection = {
    label: "dog",
    class_id: 16,
    confidence: 0.934,
    bbox: [131, 218, 178, 322],
  };
  const result = emptyResult({ detections: [dog, dog, dog] });
  const database = new JobDatabase(`${directory.path}/${DATABASE_NAME}`);
  const job = makeJob(id, { pipelineId: "yolo_only", fileName: "a.mp4", fileBytes: 1 }, Date.now());
  database.write({ jobs: [{ ...job, status: "completed", finishedAt: Date.now() }] });
  for (let first = 0; first < ROWS; first += 10_000) {
    const results = frameResults(first, first + 10_000).map((each) => ({ ...each, result }));
    database.write({ results: { jobId: id, results } });
  }
  database.close();
  return { ...directory, id };
}

/** Reads an address over and over in a process of its own, until the signal is aborted. */
async function readOver(url: URL, signal: AbortSignal): Promise<number> {
  const code = `let reads = 0;
    for (;;) {
      const response = await fetch(Deno.args[0]);
      if (!response.ok) Deno.exit(1);
      for await (const _ of response.body);
      await Deno.stdout.write(new Uint8Array([++reads & 255]));
    }`;
  const reader = startAttacker("eval", code, url.href);
  const reads = new Response(reader.stdout).bytes();
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  reader.kill("SIGKILL");
  await reader.status;
  return (await reads).length;
}

/** Counts how late the event loop of a server was, by the upper bounds of the histogram in seconds. */
async function lagCounts(url: string): Promise<Map<string, number>> {
  const text = await (await fetch(new URL("/metrics", url))).text();
  const buckets = text.matchAll(/^event_loop_lag_seconds_bucket\{le="([^"]+)"\} (\d+)/gm);
  return new Map([...buckets].map(([, bound = "", count]) => [bound, Number(count)]));
}

Deno.test("four readers of 150,000 results leave the event loop free, and a stream its answers", async () => {
  await using job = await largeJob();
  await using server = await startServerProcess({ ...CHOSEN_PLAN, DATA_DIR: job.path });
  await using stream = await PoliteStream.open(server.url);
  await ask(server.url, "/video/jobs");
  const paths = [
    "?format=jsonl",
    "?format=csv",
    "?offset=149000&limit=1000",
    "?offset=75000&limit=1",
  ];
  const read = (signal: AbortSignal) =>
    Promise.all(
      paths.map((path) => readOver(new URL(`/video/results/${job.id}${path}`, server.url), signal)),
    );
  await read(AbortSignal.timeout(3000));
  const before = await lagCounts(server.url);
  const reads = await expectFiguresBack(server, () => stream.expectUnharmedBy(read));
  const after = await lagCounts(server.url);
  const looks = (bound: string) => (after.get(bound) ?? NaN) - (before.get(bound) ?? NaN);
  expect(looks("+Inf")).toBeGreaterThan(20);
  expect(looks("0.05")).toBe(looks("+Inf"));
  // The pages at the end came as well.
  for (const [, , last = 0, middle = 0] of reads) expect(Math.min(last, middle)).toBeGreaterThan(3);
});

Deno.test("clients that ask for 150,000 results and do not read them fill no memory", async () => {
  await using job = await largeJob();
  await using server = await startServerProcess({ ...CHOSEN_PLAN, DATA_DIR: job.path });
  await ask(server.url, "/video/jobs");
  const { hostname, port } = new URL(server.url);
  const head = new TextEncoder().encode(
    `GET /video/results/${job.id}?format=jsonl HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  );
  const attack = async (clients: number) => {
    const connections = await Promise.all(Array.from({ length: clients }, async () => {
      const connection = await Deno.connect({ hostname, port: Number(port) });
      await connection.write(head);
      return connection;
    }));
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const { answer } = await ask(server.url, `/video/results/${job.id}`);
    expect(answer.total).toBe(ROWS);
    for (const connection of connections) connection.close();
  };
  await attack(100);
  // What is not given back at once is there for the next.
  await expectFiguresBack(server, () => attack(100));
});
