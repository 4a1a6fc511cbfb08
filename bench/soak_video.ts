/** The video of the soaks, and jobs that have to give each of its frames once whatever is killed meanwhile. */

import type { JobView } from "../lib/protocol/job.ts";
import { pause, type Scene } from "./soak_actors.ts";
import { print } from "./soak_samples.ts";

/** How long a job may stand still with everything around it being killed, in milliseconds. */
const LONGEST_PAUSE_MS = 240_000;
/** Time between two attempts, and two looks at a job, in milliseconds. */
const RETRY_MS = 500;

/** A video of so many seconds; `undefined`, with a line that says so, where there is no ffmpeg to make it with. */
export async function makeVideo(seconds: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const path = await Deno.makeTempFile({ suffix: ".mp4" });
  const input = new URL("../tests/fixtures/dog.jpg", import.meta.url).pathname;
  try {
    const args = ["-v", "error", "-y", "-loop", "1", "-t", `${seconds}`, "-i", input];
    const encoder = ["-vf", "scale=640:480", "-pix_fmt", "yuv420p", path];
    await new Deno.Command("ffmpeg", { args: [...args, ...encoder] }).output();
    return await Deno.readFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    print("There is no ffmpeg: the soak goes without video jobs");
    return undefined;
  } finally {
    await Deno.remove(path);
  }
}

/** Has the video processed by whichever machine of a cluster, one job after the other, each of which has to have every frame once. */
export async function runSharedJobs(scene: Scene): Promise<void> {
  while (scene.video !== undefined && !scene.stop.aborted) {
    const { count } = scene;
    const id = await submitSoon(scene, scene.video);
    if (id === undefined) return;
    const frames = await untilCompleted(scene, id);
    const results = await again(scene, `/video/results/${id}?format=jsonl`, "GET", [200]);
    const lines = results.trim().split("\n");
    const isExact = lines.length === frames &&
      lines.every((line, index) => JSON.parse(line).frame_index === index);
    count(isExact ? "video jobs with every frame once" : "UNEXPECTED results of a video job");
    await again(scene, `/video/${id}`, "DELETE", [204, 404]);
  }
}

/** @returns `undefined` if the soak ended before NATS was there */
async function submitSoon(
  { server, stop }: Scene,
  video: Uint8Array<ArrayBuffer>,
): Promise<string | undefined> {
  const url = new URL("/video/submit?pipeline_id=yolo_only", server.url);
  for (; !stop.aborted; await pause(RETRY_MS)) {
    const body = new FormData();
    body.set("file", new File([video], "soak.mp4"));
    const answer = await fetch(url, { method: "POST", body });
    const { job_id } = await answer.json();
    if (answer.ok) return job_id;
  }
  return undefined;
}

/** @returns The number of frames of the video */
async function untilCompleted(scene: Scene, id: string): Promise<number> {
  let last = { step: 0, at: performance.now() };
  for (; performance.now() - last.at < LONGEST_PAUSE_MS; await pause(RETRY_MS)) {
    const job: JobView = JSON.parse(await again(scene, `/video/status/${id}`, "GET", [200]));
    const { current_step: step } = job.progress;
    if (step !== last.step) last = { step, at: performance.now() };
    if (job.status === "completed") return job.video?.frame_count ?? NaN;
    if (job.status !== "failed") continue;
    // A worker was killed with one of its frames. What NATS did not confirm may have been done all the same.
    scene.count(`video jobs that failed with ${job.error} and were continued`);
    await again(scene, `/video/retry/${id}`, "POST", [200, 409]);
  }
  throw new Error(`Video job ${id} does not get on`);
}

/** Asks until NATS is there. @throws {Error} If something else is wrong */
async function again(
  { server }: Scene,
  path: string,
  method: string,
  expected: readonly number[],
): Promise<string> {
  const deadline = performance.now() + LONGEST_PAUSE_MS;
  for (;; await pause(RETRY_MS)) {
    const answer = await fetch(new URL(path, server.url), { method });
    // NATS may go away in the middle of it.
    const text = await answer.text().catch(() => undefined);
    if (text !== undefined && expected.includes(answer.status)) return text;
    if (text !== undefined && answer.status !== 503 || performance.now() > deadline) {
      throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    }
  }
}
