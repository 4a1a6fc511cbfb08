/** What keeps a server busy in a soak: each actor does its part again and again until it is told to stop. */

import { once } from "node:events";
// @ts-types="npm:@types/ws@8.18.2"
import WebSocket from "ws";
import { LoadClient, type LoadReport } from "./load_client.ts";
import type { ServerProcess } from "./server_process.ts";

/** What the actors share. */
export interface Scene {
  server: ServerProcess;
  /** JPEGs. */
  frames: { image: Uint8Array<ArrayBuffer>; text: Uint8Array<ArrayBuffer> };
  /** An MP4; `undefined` for a soak without video jobs. */
  video: Uint8Array<ArrayBuffer> | undefined;
  stop: AbortSignal;
  /** Counts something by its name. */
  count(what: string, by?: number): void;
}

/** What is counted where something failed because a worker was killed. */
export const LOST_TO_KILL = "lost to a killed worker";

/** Time between two killed workers, in milliseconds; a new one starts within a second or two. */
export const KILL_INTERVAL_MS = 20_000;

/** Streams at a steady rate, anew when the stream was lost with a worker. */
export async function stream(
  { server, frames, stop, count }: Scene,
  pipelineId: string,
  framesPerSecond: number,
): Promise<void> {
  const stopped = once(stop, "abort");
  while (!stop.aborted) {
    const client = await LoadClient.connect(server.url, pipelineId);
    client.start(pipelineId === "yolo_ocr" ? frames.text : frames.image, framesPerSecond);
    await Promise.race([stopped, client.closed]);
    add(await client.close(), count);
  }
}

/** Kills a worker of the server, whichever, from time to time. */
export async function killWorkers({ server, stop, count }: Scene): Promise<void> {
  const isOver = once(stop, "abort").then(() => true);
  while (!await Promise.race([isOver, pause(KILL_INTERVAL_MS)])) {
    Deno.kill(server.pid, "SIGUSR2");
    count("workers killed");
  }
}

/** Connects, streams for a moment and goes, now and then without a word. */
export async function reconnect({ server, frames, stop, count }: Scene): Promise<void> {
  for (let turn = 0; !stop.aborted; turn += 1) {
    if (turn % 3 === 0) {
      const socket = await openSocket(server, "stream?pipeline_id=yolo_only");
      socket.send(frames.image);
      socket.terminate();
    } else {
      const client = await LoadClient.connect(server.url);
      client.start(frames.image, 30);
      await pause(500 + 100 * (turn % 7));
      add(await client.close(), count);
    }
    count("reconnects");
  }
}

/** Watches one stream after the other, with its images. */
export async function watch({ server, stop, count }: Scene): Promise<void> {
  while (!stop.aborted) {
    const { sessions } = await (await fetch(new URL("/sessions", server.url))).json();
    const session = sessions[Math.floor(Math.random() * sessions.length)];
    if (session !== undefined) {
      const socket = await openSocket(server, `watch?session_id=${session.session_id}&frames=1`);
      socket.on("message", () => count("viewed messages"));
      await pause(3000);
      socket.close();
    }
    await pause(500);
  }
}

/** Sends what no server should choke on, and looks at the answer. */
export async function misbehave(
  { server, frames: { image }, stop, count }: Scene,
): Promise<void> {
  const cases: [code: string, data: string | Uint8Array][] = [
    ["invalid_message", "hello"],
    ["invalid_frame", new Uint8Array()],
    ["invalid_frame", new Uint8Array(1000).fill(7)],
    ["invalid_frame", image.subarray(0, image.length / 2)],
    ["invalid_frame", scramble(image)],
    ["frame_too_large", new Uint8Array(6_000_000)],
  ];
  for (let turn = 0; !stop.aborted; turn += 1) {
    const [code, data] = cases[turn % cases.length] ?? ["", ""];
    const socket = await openSocket(server, "stream?pipeline_id=yolo_only");
    socket.send(data);
    const [, reason] = await once(socket, "close");
    const isRight = String(reason) === code;
    count(isRight ? `refused: ${code}` : failureName("end", String(reason)));
    await pause(300);
  }
}

/** Runs single images. */
export async function runImages({ server, frames, stop, count }: Scene): Promise<void> {
  while (!stop.aborted) {
    const response = await fetch(new URL("/pipelines/yolo_ocr/run", server.url), {
      method: "POST",
      headers: { "Content-Type": "image/jpeg" },
      body: frames.text,
    });
    const { error } = await response.json();
    count(response.ok ? "image runs" : failureName("answer to an image", error));
    await pause(1500);
  }
}

/** Submits video jobs, and removes them when they have ended; every third one loses its decode process. */
export async function runJobs(scene: Scene): Promise<void> {
  const { server, video, stop, count } = scene;
  if (video === undefined) return;
  for (let turn = 1; !stop.aborted; turn += 1) {
    const body = new FormData();
    body.set("file", new File([video], "soak.mp4"));
    const submitUrl = new URL("/video/submit?pipeline_id=yolo_only", server.url);
    const { job_id } = await (await fetch(submitUrl, { method: "POST", body })).json();
    if (turn % 3 === 0) await killDecoder(server.pid);
    count(`video jobs ${await jobEnd(server, job_id)}`);
    const removal = await fetch(new URL(`/video/${job_id}`, server.url), { method: "DELETE" });
    await removal.body?.cancel();
  }
}

async function jobEnd(server: ServerProcess, jobId: string): Promise<string> {
  const socket = new WebSocket(server.url.replace("http", "ws") + `ws/jobs/${jobId}`);
  let status = "";
  socket.on("message", (data) => status = JSON.parse(String(data)).status ?? status);
  await once(socket, "close");
  return status;
}

/** Kills the first child process that the server starts within two seconds. */
async function killDecoder(serverPid: number): Promise<void> {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    await pause(50);
    const children = Deno.readTextFileSync(`/proc/${serverPid}/task/${serverPid}/children`).trim();
    if (children === "") continue;
    Deno.kill(Number(children.split(" ")[0]), "SIGKILL");
    return;
  }
}

/** Damages what follows the headers of a JPEG, so that only decoding can tell. */
function scramble(jpeg: Uint8Array): Uint8Array {
  const damaged = jpeg.slice(0, 4000);
  damaged.set([0xff, 0xd9], damaged.length - 2);
  return damaged;
}

async function openSocket(server: ServerProcess, path: string): Promise<WebSocket> {
  const socket = new WebSocket(server.url.replace("http", "ws") + `ws/video/${path}`);
  socket.on("error", () => {});
  await once(socket, "open");
  return socket;
}

function add(report: LoadReport, count: Scene["count"]): void {
  count("frames sent", report.sent);
  count("frames answered", report.answered);
  count("frames dropped", report.dropped);
  count("asked to slow down", report.slowDowns);
  for (const code of report.errors) count(failureName("stream error", code));
}

/** Under which name a failure is counted. */
function failureName(what: string, code: string): string {
  return code === "pipeline_failure" ? LOST_TO_KILL : `UNEXPECTED ${what}: ${code}`;
}

/** Waits. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
