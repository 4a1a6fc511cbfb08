/** The soak of two servers that are one service over NATS, while everything around the first one is killed, one after the other. */

import { once } from "node:events";
import { jetstreamManager } from "@nats-io/jetstream";
import { type NatsConnection, NatsConnectionImpl } from "@nats-io/transport-node";
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
import { makeVideo, runSharedJobs } from "./soak_video.ts";

/** How long NATS stays away when it was killed, in milliseconds. */
const NATS_AWAY_MS = 5000;
/** How long the frames of a camera may stay away when the server that runs it was killed, in milliseconds. */
const LONGEST_TAKEOVER_MS = 15_000;

/** Watched all the time at the first server, whichever runs it. */
const DOOR = {
  id: "door",
  name: "Door",
  url: new URL("../tests/fixtures/dog.mp4", import.meta.url).href,
  pipeline_id: "yolo_only",
  fps: 5,
  always: true,
};
/** Run by the second server whenever that is killed. */
const YARD = { ...DOOR, id: "yard", name: "Yard" };

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

/** Adds a camera over the second server, again until that runs it. */
async function giveCamera({ second }: Cluster): Promise<void> {
  const address = new URL(`/camera/${YARD.id}`, second.url);
  for (let attempt = 0; attempt < 20; attempt++) {
    await (await fetch(address, { method: "DELETE" })).body?.cancel();
    await addCamera(second, YARD);
    for (let look = 0; look < 30; look++) {
      const { state, session_id } = await ask(second, `camera/${YARD.id}`);
      const ids = second.log.filter(({ event }) => event === "camera_owner");
      if (state === "active" && session_id !== null) {
        if (ids.at(-1)?.camera === YARD.id) return;
        break;
      }
      await pause(200);
    }
  }
  throw new Error("The second server runs no camera");
}

async function addCamera({ url }: ServerProcess, camera: typeof DOOR): Promise<void> {
  const body = JSON.stringify(camera);
  const answer = await fetch(new URL("/camera", url), { method: "POST", body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
}

/** Kills the second server, a worker of the first, NATS and a worker of the second in turn, and starts again what does not by itself. */
async function kill(cluster: Cluster, { stop, count }: Scene): Promise<number[]> {
  const isOver = once(stop, "abort").then(() => true);
  const takeovers: number[] = [];
  for (let turn = 0; !await Promise.race([isOver, pause(KILL_INTERVAL_MS)]); turn++) {
    const { nats, first, second } = cluster;
    if (turn % 4 === 0) {
      takeovers.push(await killServer(cluster, count));
      count("servers killed");
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
  return takeovers;
}

/** Kills the second server while it runs a camera. @returns After how many milliseconds a viewer at the first sees it again */
async function killServer(cluster: Cluster, count: Scene["count"]): Promise<number> {
  await giveCamera(cluster);
  const { nats, first, second } = cluster;
  const viewer = new Viewer(first, YARD.id);
  await viewer.next();
  const children = childProcesses(second.pid);
  if (children.length === 0) throw new Error("The second server decodes no camera");
  await second.stop("SIGKILL");
  const killedAt = performance.now();
  // What is on its way still comes.
  await pause(1000);
  await viewer.next();
  const takenOverMs = performance.now() - killedAt;
  if (viewer.isClosed) count("UNEXPECTED end of a viewer of a camera");
  await viewer.close();
  const left = children.filter(isThere);
  if (left.length > 0) count("UNEXPECTED processes that a killed server has left", left.length);
  cluster.second = await startServer(nats.url);
  return takenOverMs;
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

/** Watches a camera with its frames. */
class Viewer {
  isClosed = false;
  frames = 0;
  #came = Promise.withResolvers<void>();
  readonly #socket: WebSocket;

  constructor({ url }: ServerProcess, camera: string) {
    this.#socket = new WebSocket(`${url.replace("http", "ws")}ws/cameras/${camera}?frames=1`);
    this.#socket.on("message", (_, isBinary) => isBinary && this.#note());
    this.#socket.on("close", () => this.isClosed = true);
  }

  /** Waits for a frame. @throws {Error} If none comes for a minute */
  async next(): Promise<void> {
    const late = pause(60_000).then(() => {
      throw new Error("A camera gives no frames");
    });
    late.catch(() => {});
    await Promise.race([this.#came.promise, late]);
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.#socket.close();
    await once(this.#socket, "close");
  }

  #note(): void {
    this.frames += 1;
    this.#came.resolve();
    this.#came = Promise.withResolvers();
  }
}

/** Watches the camera at the first server, which is never killed, so that it stays connected. */
async function watchDoor({ server, stop, count }: Scene): Promise<void> {
  const viewer = new Viewer(server, DOOR.id);
  await once(stop, "abort");
  if (viewer.isClosed) count("UNEXPECTED end of a viewer of a camera");
  count("frames of a camera seen", viewer.frames);
  await viewer.close();
}

/** What should not be so when nobody uses the servers any more, and everything runs again. */
async function findLeftovers({ nats, first, second }: Cluster): Promise<string[]> {
  const problems: string[] = [];
  const servers = { first, second };
  for (const [name, server] of Object.entries(servers)) {
    const { status, sessions, cluster, jobs } = await ask(server, "health");
    if (jobs.total !== 0) problems.push(`The ${name} knows ${jobs.total} video jobs`);
    if (status !== "healthy") problems.push(`The ${name} is ${status}: ${cluster.problems}`);
    if (cluster.nodes.length !== 1) problems.push(`The ${name} knows ${cluster.nodes.length} more`);
    if (sessions.active !== 0) problems.push(`The ${name} has ${sessions.active} sessions`);
    const listed = (await ask(server, "sessions")).sessions;
    const ids = listed.map(({ camera_id }: { camera_id?: string }) => camera_id);
    if (ids.toSorted().join() !== "door,yard") problems.push(`The ${name} lists ${ids}`);
    const { cameras } = await ask(server, "camera");
    for (const { id, state } of cameras) {
      if (state !== "active") problems.push(`Camera ${id} is ${state} for the ${name}`);
    }
    const errors = server.log.filter(({ event, cause }) =>
      event === "server_error" && !/Worker died: .*Killed/.test(String(cause))
    );
    if (errors.length > 0) problems.push(`Unexpected errors: ${JSON.stringify(errors)}`);
  }
  const buckets = await bucketsOfJobs(nats.url);
  if (buckets.length > 0) problems.push(`NATS has buckets of jobs that are removed: ${buckets}`);
  const decoders = [first, second].flatMap(({ pid }) => childProcesses(pid));
  if (decoders.length !== 2) problems.push(`${decoders.length} processes decode two cameras`);
  const events = (event: string) => first.log.filter((line) => line.event === event).length;
  const [opened, closed] = [events("stream_connect"), events("stream_disconnect")];
  if (opened !== closed) problems.push(`${opened} streams were opened and ${closed} closed`);
  return problems;
}

async function bucketsOfJobs(url: string): Promise<string[]> {
  const connection = await NatsConnectionImpl.connect({ servers: url }) as NatsConnection;
  const names: string[] = [];
  for await (const name of (await jetstreamManager(connection)).streams.names()) names.push(name);
  await connection.close();
  return names.filter((name) => name.startsWith("OBJ_"));
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
    video: await makeVideo(2),
    stop: end.signal,
    count: (what, by = 1) => counts.set(what, (counts.get(what) ?? 0) + by),
  };
  await addCamera(first, DOOR);
  let takeovers: number[] = [];
  const samples = await sampleWhile([
    guard(scene),
    stream(scene, "yolo_only", 8),
    stream(scene, "yolo_ocr", 3),
    streamAtSecond(cluster, scene),
    watch(scene),
    misbehave(scene),
    runImages(scene),
    watchDoor(scene),
    runSharedJobs(scene),
    kill(cluster, scene).then((times) => void (takeovers = times)),
  ], { server: first, minutes, end });
  // What was killed last may just have come back.
  await pause(15_000);
  const problems = [...await findLeftovers(cluster), ...findGrowth(samples)];
  problems.push(...[...counts.keys()].filter((what) => what.startsWith("UNEXPECTED")));
  const [killed, lost] = [counts.get("workers killed") ?? 0, counts.get(LOST_TO_KILL) ?? 0];
  if (lost > killed) problems.push(`${lost} frames were lost with ${killed} workers`);
  report(samples, counts);
  const seconds = takeovers.map((ms) => (ms / 1000).toFixed(1)).join(" ");
  print(`A camera of a server that was killed was seen again after ${seconds} s`);
  if (Math.max(...takeovers) > LONGEST_TAKEOVER_MS) problems.push("A camera was away for too long");
  const children = [first, cluster.second].flatMap(({ pid }) => childProcesses(pid));
  for (const server of [cluster.second, first]) {
    const code = await server.stop();
    if (code !== 0) problems.push(`A server ended with exit code ${code}`);
  }
  if (children.some(isThere)) problems.push("A decode process is left over");
  return verdict(problems);
}
