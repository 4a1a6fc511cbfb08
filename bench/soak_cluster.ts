/** The soak of two servers that are one service over NATS, while everything around the first one is killed, one after the other. */

import { once } from "node:events";
// @ts-types="npm:@types/ws@8.18.2"
import WebSocket from "ws";
import { startNats } from "../tests/cluster/nats_server.ts";
import { LoadClient } from "./load_client.ts";
import {
  childProcesses,
  type ServerProcess,
  startServerProcess,
  thisProject,
} from "./server_process.ts";
import {
  KILL_INTERVAL_MS,
  LOST_TO_KILL,
  misbehave,
  pause,
  runImages,
  type Scene,
  stream,
  watch,
} from "./soak_actors.ts";
import { findGrowth, fixture, print, report, sampleWhile, verdict } from "./soak_samples.ts";

/** How long NATS stays away when it was killed, in milliseconds. */
const NATS_AWAY_MS = 5000;
/** How long the frames of the camera may stay away when the server that runs it was killed, in milliseconds. */
const LONGEST_GAP_MS = 15_000;
/** A child of a server that was killed ends within this, in milliseconds. */
const ORPHAN_MS = 5000;

const CAMERA = {
  id: "door",
  name: "Door",
  url: new URL("../tests/fixtures/dog.mp4", import.meta.url).href,
  pipeline_id: "yolo_only",
  fps: 5,
  always: true,
};

/** The parts of the cluster; the second server is another one after each kill. */
interface Cluster {
  nats: Awaited<ReturnType<typeof startNats>>;
  first: ServerProcess;
  second: ServerProcess;
}

function startServer(url: string): Promise<ServerProcess> {
  const killable = ["--preload", new URL("./killable_workers.ts", import.meta.url).href];
  const environment = { PIPELINE_DEVICE: "cpu", PIPELINE_WORKERS: "1", PIPELINE_THREADS: "1" };
  return startServerProcess({ ...environment, NATS_URL: url }, thisProject(...killable));
}

async function ask({ url }: ServerProcess, path: string) {
  return await (await fetch(new URL(path, url))).json();
}

/** Kills the second server, a worker of the first, NATS and a worker of the second in turn, and starts again what does not by itself. */
async function kill(cluster: Cluster, { stop, count }: Scene): Promise<void> {
  const isOver = once(stop, "abort").then(() => true);
  for (let turn = 0; !await Promise.race([isOver, pause(KILL_INTERVAL_MS)]); turn++) {
    const { nats, first, second } = cluster;
    if (turn % 4 === 0) {
      const children = childProcesses(second.pid);
      await second.stop("SIGKILL");
      count("servers killed");
      if (children.length > 0) count("servers killed that ran the camera");
      await pause(ORPHAN_MS);
      const left = children.filter((id) => isThere(id));
      if (left.length > 0) count("UNEXPECTED processes that a killed server has left", left.length);
      cluster.second = await startServer(nats.url);
    } else if (turn % 4 === 2) {
      await nats.kill();
      count("NATS killed");
      await pause(NATS_AWAY_MS);
      await nats.restart();
    } else {
      Deno.kill(turn % 4 === 1 ? first.pid : second.pid, "SIGUSR2");
      count("workers killed");
    }
  }
}

function isThere(pid: number): boolean {
  try {
    Deno.statSync(`/proc/${pid}`);
    return true;
  } catch {
    return false;
  }
}

/** Ends the soak if the server that nobody kills ends. @throws {Error} With its exit code */
async function guard({ server, stop }: Scene): Promise<void> {
  const errors = await Promise.race([once(stop, "abort").then(() => undefined), server.errors]);
  if (errors === undefined) return;
  throw new Error(`The first server ended with exit code ${await server.stop()}: ${errors}`);
}

/** Streams at the second server, anew whenever it was killed. */
async function streamAtSecond(cluster: Cluster, { frames, stop, count }: Scene): Promise<void> {
  const stopped = once(stop, "abort");
  while (!stop.aborted) {
    try {
      const client = await LoadClient.connect(cluster.second.url);
      client.start(frames.image, 8);
      await Promise.race([stopped, client.closed]);
      const { answered } = await client.close();
      count("frames answered by the second server", answered);
    } catch {
      // It is not there yet.
      await pause(200);
    }
  }
}

/** Watches the camera at the first server, which is never killed, so that the viewer stays connected. */
async function watchCamera({ server, stop, count }: Scene): Promise<number> {
  const url = `${server.url.replace("http", "ws")}ws/cameras/${CAMERA.id}?frames=1`;
  const socket = new WebSocket(url);
  let [lastAt, longestMs] = [performance.now(), 0];
  const note = () => {
    longestMs = Math.max(longestMs, performance.now() - lastAt);
    lastAt = performance.now();
  };
  socket.on("message", (_, isBinary) => {
    if (!isBinary) return;
    note();
    count("frames of the camera seen");
  });
  socket.on("close", () => stop.aborted || count("UNEXPECTED end of a viewer of the camera"));
  await once(stop, "abort");
  note();
  socket.close();
  await once(socket, "close");
  return longestMs;
}

/** What should not be so when nobody uses the servers any more, and everything runs again. */
async function findLeftovers({ first, second }: Cluster): Promise<string[]> {
  const problems: string[] = [];
  const servers = { first, second };
  for (const [name, server] of Object.entries(servers)) {
    const { status, sessions, cluster } = await ask(server, "health");
    if (status !== "healthy") problems.push(`The ${name} is ${status}: ${cluster.problems}`);
    if (cluster.nodes.length !== 1) problems.push(`The ${name} knows ${cluster.nodes.length} more`);
    if (sessions.active !== 0) problems.push(`The ${name} has ${sessions.active} sessions`);
    const listed = (await ask(server, "sessions")).sessions;
    const ids = listed.map(({ camera_id }: { camera_id?: string }) => camera_id);
    if (ids.join() !== CAMERA.id) problems.push(`The ${name} lists the sessions ${ids}`);
    const { state } = await ask(server, `camera/${CAMERA.id}`);
    if (state !== "active") problems.push(`The camera is ${state} for the ${name}`);
    const errors = server.log.filter(({ event, cause }) =>
      event === "server_error" && !/Worker died: .*Killed/.test(String(cause))
    );
    if (errors.length > 0) problems.push(`Unexpected errors: ${JSON.stringify(errors)}`);
  }
  const decoders = [first, second].flatMap(({ pid }) => childProcesses(pid));
  if (decoders.length !== 1) problems.push(`${decoders.length} processes decode the camera`);
  const events = (event: string) => first.log.filter((line) => line.event === event).length;
  const [opened, closed] = [events("stream_connect"), events("stream_disconnect")];
  if (opened !== closed) problems.push(`${opened} streams were opened and ${closed} closed`);
  return problems;
}

/**
 * Runs it.
 *
 * @returns The exit code
 */
export async function soakCluster(minutes: number): Promise<number> {
  await using nats = await startNats();
  const first = await startServer(nats.url);
  const cluster: Cluster = { nats, first, second: await startServer(nats.url) };
  const counts = new Map<string, number>();
  const end = new AbortController();
  const scene: Scene = {
    server: first,
    frames: { image: await fixture("dog.jpg"), text: await fixture("text.jpg") },
    video: undefined,
    stop: end.signal,
    count: (what, by = 1) => counts.set(what, (counts.get(what) ?? 0) + by),
  };
  const body = JSON.stringify(CAMERA);
  const added = await fetch(new URL("/camera", first.url), { method: "POST", body });
  if (!added.ok) throw new Error(await added.text());
  let gapMs = NaN;
  const samples = await sampleWhile([
    guard(scene),
    stream(scene, "yolo_only", 8),
    stream(scene, "yolo_ocr", 3),
    streamAtSecond(cluster, scene),
    watch(scene),
    misbehave(scene),
    runImages(scene),
    watchCamera(scene).then((longestMs) => void (gapMs = longestMs)),
    kill(cluster, scene),
  ], { server: first, minutes, end });
  // What was killed last may just have come back.
  await pause(15_000);
  const problems = [...await findLeftovers(cluster), ...findGrowth(samples)];
  problems.push(...[...counts.keys()].filter((what) => what.startsWith("UNEXPECTED")));
  const [killed, lost] = [counts.get("workers killed") ?? 0, counts.get(LOST_TO_KILL) ?? 0];
  if (lost > killed) problems.push(`${lost} frames were lost with ${killed} workers`);
  report(samples, counts);
  print(`The camera was without frames for ${(gapMs / 1000).toFixed(1)} s at most`);
  if (gapMs > LONGEST_GAP_MS) problems.push("Another server took too long to run the camera");
  const children = [first, cluster.second].flatMap(({ pid }) => childProcesses(pid));
  for (const server of [cluster.second, first]) {
    const code = await server.stop();
    if (code !== 0) problems.push(`A server ended with exit code ${code}`);
  }
  if (children.some(isThere)) problems.push("A decode process is left over");
  return verdict(problems);
}
