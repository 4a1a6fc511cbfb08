/** Submits videos to a server and waits for their jobs, as a client does. */

import { expect } from "expect";
import type { JobView } from "../../lib/protocol/job.ts";
import { makeDogVideo } from "../video/media.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { videoBefore } from "../video/video_before.ts";

/** Keeps no connection open, so that tests can count those of the server. */
const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });

/** Sends a request over a connection of its own. */
export function send(url: URL, init: RequestInit = {}): Promise<Response> {
  const withClient: RequestInit & { client: Deno.HttpClient } = { ...init, client };
  return fetch(url, withClient);
}

/** A video of dog.jpg with so many frames. */
export async function dogVideo(frames: number): Promise<File> {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/dog.mp4`;
  await makeDogVideo(path, frames);
  return new File([await Deno.readFile(path)], "dog.mp4");
}

/** A video of dog.jpg, ten frames long, that zeros bring to a size. */
export async function largeVideo(bytes: number): Promise<File> {
  const { length } = await videoBefore(0);
  const zeros = bytes - length;
  return new File([await videoBefore(zeros), new Uint8Array(zeros)], "large.mp4");
}

/** A file of zeros that says it is an MP4. */
export function junkVideo(bytes: number): File {
  const junk = new Uint8Array(bytes);
  junk.set(new TextEncoder().encode("\0\0\0\x20ftypisom"));
  return new File([junk], "junk.mp4");
}

/** Uploads a video to the server at a URL, and gives the answer as it is. */
export async function post(url: string | URL, file: File, frameStride = 1): Promise<Response> {
  const body = new FormData();
  body.set("file", file);
  const path = `/video/submit?pipeline_id=yolo_only&frame_stride=${frameStride}`;
  return await send(new URL(path, url), { method: "POST", body });
}

/** Uploads a video and expects that it is taken; returns the id of its job. */
export async function submit(url: string | URL, file: File, frameStride = 1): Promise<string> {
  const response = await post(url, file, frameStride);
  const answer = await response.json();
  expect([response.status, answer]).toEqual([202, { job_id: expect.any(String) }]);
  return answer.job_id;
}

/** Asks for JSON, whatever the status. */
export async function ask<Answer = Record<string, unknown>>(
  url: string | URL,
  path: string,
  method = "GET",
): Promise<{ status: number; answer: Answer }> {
  const response = await send(new URL(path, url), { method });
  const text = await response.text();
  return { status: response.status, answer: JSON.parse(text || "null") };
}

/** Waits until a job is as it should be. */
export async function untilJob(
  url: string | URL,
  id: string,
  isReached: (job: JobView) => boolean,
  timeoutMs = 60_000,
): Promise<JobView> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const { status, answer } = await ask<JobView>(url, `/video/status/${id}`);
    expect(status).toBe(200);
    if (isReached(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`Waited in vain: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Whether nothing more happens to a job. */
export function isOver({ status }: JobView): boolean {
  return status !== "pending" && status !== "processing";
}
