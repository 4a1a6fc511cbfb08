/**
 * Measures video jobs: how fast a file goes through, and what a live stream beside it loses.
 *
 * Run with `deno task bench:video`; it needs ffmpeg. Every figure is measured in this run.
 *
 * @module
 */

import { openAsBlob } from "node:fs";
import { parseArgs } from "node:util";
import sharp from "sharp";
import type { JobView } from "../lib/protocol/job.ts";
import { LoadClient } from "./load_client.ts";
import { type ServerProcess, startServerProcess } from "./server_process.ts";

const HELP = `Measures video jobs and prints the figures.

Usage: deno task bench:video [options]

Options:
  --seconds N   Length of the video (60); 10 is the least that makes sense
  --help        Show this text
`;

/** Streams that are tried beside a job: a camera at its usual rate, and one that sends more than can be answered. */
const STREAM_RATES = [15, 200];

const ROUNDS = 4;
const ROUND_SECONDS = 5;

const { values: options } = parseArgs({
  args: Deno.args,
  options: {
    seconds: { type: "string", default: "60" },
    help: { type: "boolean", default: false },
  },
});

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** A camera's usual image, moving. */
async function makeVideo(path: string, seconds: number): Promise<void> {
  const image = new URL("../tests/fixtures/dog.jpg", import.meta.url).pathname;
  const { success } = await new Deno.Command("ffmpeg", {
    args: [
      ...["-v", "error", "-y", "-loop", "1", "-r", "30", "-t", String(seconds), "-i", image],
      ...["-vf", "scale=704:528,crop=640:480:x=32+32*sin(n/20):y=24+24*cos(n/20)"],
      ...["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", path],
    ],
  }).output();
  if (!success) throw new Error("Cannot make the video: ffmpeg failed");
}

async function submit(server: ServerProcess, path: string): Promise<string> {
  const body = new FormData();
  body.set("file", await openAsBlob(path), "bench.mp4");
  const url = new URL("/video/submit?pipeline_id=yolo_only", server.url);
  const response = await fetch(url, { method: "POST", body });
  if (response.status !== 202) throw new Error(`Cannot submit the video: ${await response.text()}`);
  return (await response.json()).job_id;
}

async function getJob(server: ServerProcess, id: string): Promise<JobView> {
  return await (await fetch(new URL(`/video/status/${id}`, server.url))).json();
}

async function framesDone(server: ServerProcess, id: string): Promise<number> {
  return (await getJob(server, id)).progress.current_step;
}

async function measureAlone(server: ServerProcess, path: string, seconds: number): Promise<void> {
  const startedAt = performance.now();
  const id = await submit(server, path);
  let job = await getJob(server, id);
  while (job.status === "pending" || job.status === "processing") {
    await sleep(200);
    job = await getJob(server, id);
  }
  if (job.status !== "completed") throw new Error(`The job is ${job.status}: ${job.detail}`);
  const took = (performance.now() - startedAt) / 1000;
  const frames = job.progress.current_step;
  print(
    `${seconds} s of 640×480 at 30 FPS, upload included: ${took.toFixed(1)} s, ` +
      `${(frames / took).toFixed(1)} frames a second, ${(seconds / took).toFixed(2)} × real time`,
  );
}

/** Results of a stream. */
interface Answers {
  count: number;
  /** Milliseconds from sending to the result. */
  ages: number[];
}

/** Streams for a while, and adds what comes to `answers`. */
async function stream(
  server: ServerProcess,
  frame: Uint8Array,
  rate: number,
  answers: Answers,
): Promise<void> {
  const client = await LoadClient.connect(server.url);
  client.start(frame, rate);
  await sleep(ROUND_SECONDS * 1000);
  const { answered, ages } = await client.close();
  answers.count += answered;
  answers.ages.push(...ages);
}

function describe({ count, ages }: Answers): string {
  const median = ages.toSorted((a, b) => a - b)[ages.length >> 1] ?? NaN;
  const rate = count / ROUNDS / ROUND_SECONDS;
  return `${rate.toFixed(1)} results a second (median age ${median.toFixed(0)} ms)`;
}

/** Switches between a stream alone and one beside a job, so that what else the machine does falls on both alike. */
async function measureBeside(
  server: ServerProcess,
  path: string,
  frame: Uint8Array,
  rate: number,
): Promise<void> {
  const id = await submit(server, path);
  const change = (action: "cancel" | "retry") =>
    fetch(new URL(`/video/${action}/${id}`, server.url), { method: "POST" });
  const alone: Answers = { count: 0, ages: [] };
  const beside: Answers = { count: 0, ages: [] };
  let frames = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    await change("cancel");
    await sleep(500);
    await stream(server, frame, rate, alone);
    await change("retry");
    await sleep(1500);
    const before = await framesDone(server, id);
    await stream(server, frame, rate, beside);
    frames += await framesDone(server, id) - before;
  }
  await fetch(new URL(`/video/${id}`, server.url), { method: "DELETE" });
  print(
    `a stream of ${rate} frames a second: ${describe(alone)} alone, ${describe(beside)} beside a ` +
      `job: ${(100 * beside.count / alone.count).toFixed(0)} %; ` +
      `the job got ${(frames / ROUNDS / ROUND_SECONDS).toFixed(1)} frames a second`,
  );
}

async function main(): Promise<void> {
  const seconds = Number(options.seconds);
  const image = new URL("../tests/fixtures/dog.jpg", import.meta.url).pathname;
  const frame = await sharp(image).resize(640, 480, { fit: "fill" }).jpeg({ quality: 80 })
    .toBuffer();
  const path = await Deno.makeTempFile({ prefix: "livesyte-", suffix: ".mp4" });
  try {
    await makeVideo(path, seconds);
    await using server = await startServerProcess();
    await measureAlone(server, path, seconds);
    for (const rate of STREAM_RATES) await measureBeside(server, path, frame, rate);
  } finally {
    await Deno.remove(path);
  }
}

if (options.help) print(HELP);
else await main();
