import { once } from "node:events";
import { expect } from "expect";
// @ts-types="npm:@types/ws@8.18.2"
import WebSocket from "ws";
import {
  childProcesses,
  type ServerProcess,
  startServerProcess,
} from "../../bench/server_process.ts";
import type { CameraView } from "../../lib/protocol/camera.ts";
import { isMissing } from "../needs.ts";
import { ensureModel } from "../pipeline/models.ts";
import { DOG_VIDEO } from "../video/media.ts";
import { type NatsServer, startNats, until } from "./nats_server.ts";

const ignore = isMissing("nats");
const ENVIRONMENT = {
  PIPELINE_DEVICE: "cpu",
  PIPELINE_WORKERS: "1",
  PIPELINE_THREADS: "1",
  CAMERA_IDLE_GRACE_S: "30",
};
const DOOR = {
  id: "door",
  name: "Door",
  url: `file://${DOG_VIDEO}?token=very-secret`,
  pipeline_id: "yolo_only",
  rules: [{ id: "dogs", when: "enter", classes: ["dog"] }],
};

function startServer({ url }: NatsServer): Promise<ServerProcess> {
  return startServerProcess({ ...ENVIRONMENT, NATS_URL: url });
}

async function viewOf({ url }: ServerProcess): Promise<CameraView> {
  return await (await fetch(`${url}camera/door`)).json();
}

/** The server that runs the camera, and those that do not. */
async function ownerOf(servers: readonly ServerProcess[]): Promise<ServerProcess[]> {
  const isOwner = ({ log }: ServerProcess) =>
    log.findLast(({ event }) => event === "camera_owner")?.message ===
      "Camera door is run by this server now";
  await until(() => servers.filter(isOwner).length === 1);
  return servers.toSorted((a, b) => Number(isOwner(b)) - Number(isOwner(a)));
}

/** Watches the camera with its frames. */
class Viewer {
  readonly states: string[] = [];
  results = 0;
  frames = 0;
  isClosed = false;
  readonly #socket: WebSocket;

  constructor({ url }: ServerProcess) {
    this.#socket = new WebSocket(`${url.replace("http", "ws")}ws/cameras/door?frames=1`);
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => this.isClosed = true);
    this.#socket.on("message", (data: Uint8Array, isBinary: boolean) => {
      const message = isBinary ? undefined : JSON.parse(String(data));
      if (message === undefined) this.frames += 1;
      else if ("state" in message) this.states.push(message.state);
      else if ("result" in message) this.results += 1;
    });
  }

  /** Waits until so many more results have come. */
  async sees(count: number): Promise<void> {
    const before = this.results;
    await until(() => this.results >= before + count);
  }

  async close(): Promise<void> {
    this.#socket.close();
    await once(this.#socket, "close");
  }
}

/** The first bytes of an answer that may have no end. */
async function firstBytes(response: Response, count: number): Promise<Uint8Array> {
  const bytes: number[] = [];
  for await (const chunk of response.body ?? []) {
    bytes.push(...chunk);
    if (bytes.length >= count) break;
  }
  return Uint8Array.from(bytes);
}

Deno.test({
  name:
    "whatever one server sees of its camera the other shows too: frames, images, video and states",
  ignore,
  async fn() {
    await ensureModel();
    await using nats = await startNats();
    const [a, b] = await Promise.all([startServer(nats), startServer(nats)]);
    await using _a = a;
    await using _b = b;
    const added = await fetch(`${a.url}camera`, { method: "POST", body: JSON.stringify(DOOR) });
    expect(added.status).toBe(201);
    const [owner, other] = await ownerOf([a, b]) as [ServerProcess, ServerProcess];
    await until(async () => (await viewOf(other)).state === "idle");

    const viewers = [owner, other, other].map((server) => new Viewer(server));
    await Promise.all(viewers.map((viewer) => viewer.sees(10)));
    for (const viewer of viewers) {
      await until(() => viewer.states.at(-1) === "active" && viewer.frames > 5);
    }
    await until(async () => (await viewOf(other)).client_count === 3);
    for (const { url } of [owner, other]) {
      await until(async () => {
        const { sessions } = await (await fetch(`${url}sessions`)).json();
        return sessions.length === 1 && sessions[0].camera_id === "door";
      });
      await until(async () => {
        const { counts } = await (await fetch(`${url}camera/door/counts`)).json();
        return counts[0].rule_id === "dogs" && counts[0].events > 0;
      });
    }
    expect(childProcesses(other.pid)).toEqual([]);

    const jpeg = await (await fetch(`${other.url}camera/door/snapshot.jpg?overlay=1`)).bytes();
    expect([...jpeg.subarray(0, 2)]).toEqual([0xff, 0xd8]);
    const parts = await fetch(`${other.url}camera/door/stream.mjpeg`);
    const shown = new TextDecoder().decode(await firstBytes(parts, 60_000));
    expect(shown.split("Content-Type: image/jpeg").length).toBeGreaterThan(1);
    const hls = `${other.url}camera/door/hls/`;
    const playlist = await (await fetch(`${hls}master.m3u8`)).text();
    const quality = /^\d+p\.m3u8$/m.exec(playlist)?.[0] ?? "";
    let segment: string | undefined;
    await until(async () => {
      segment = /^\d+p_\d+\.ts$/m.exec(await (await fetch(hls + quality)).text())?.[0];
      return segment !== undefined;
    });
    // Every packet of MPEG-TS begins with this byte.
    expect((await (await fetch(hls + segment)).bytes())[0]).toBe(0x47);
    expect((await fetch(`${hls}360p_99999.ts`)).status).toBe(404);

    const stop = await fetch(`${other.url}camera/door/stop`, { method: "POST" });
    expect(await stop.json()).toMatchObject({ forced: "off" });
    await until(() => viewers.every(({ states }) => states.at(-1) === "idle"));
    const none = await fetch(`${other.url}camera/door/snapshot.jpg`);
    expect([none.status, (await none.json()).error]).toEqual([503, "camera_unavailable"]);
    await Promise.all(viewers.map((viewer) => viewer.close()));
    expect(JSON.stringify([a.log, b.log])).not.toContain("very-secret");
  },
});

Deno.test({
  name:
    "kill -9 of the server that runs a camera ends no viewer of another, which runs it within 15 s, and SIGTERM hands it over at once",
  ignore,
  async fn() {
    await ensureModel();
    await using nats = await startNats();
    const [a, b] = await Promise.all([startServer(nats), startServer(nats)]);
    await using _a = a;
    await using _b = b;
    const body = JSON.stringify({ ...DOOR, always: true });
    await (await fetch(`${a.url}camera`, { method: "POST", body })).body?.cancel();
    const [first, second] = await ownerOf([a, b]) as [ServerProcess, ServerProcess];
    await until(async () => (await viewOf(second)).state === "active");
    const viewer = new Viewer(second);
    await viewer.sees(5);
    await first.stop("SIGKILL");
    const killedAt = performance.now();
    await until(() => viewer.states.at(-1) === "failed");
    await until(() => viewer.states.at(-1) === "active");
    await viewer.sees(5);
    expect(performance.now() - killedAt).toBeLessThan(15_000);

    await using third = await startServer(nats);
    await until(async () => (await viewOf(third)).state === "active");
    const witness = new Viewer(third);
    await witness.sees(5);
    await second.stop("SIGTERM");
    const stoppedAt = performance.now();
    await witness.sees(5);
    expect(performance.now() - stoppedAt).toBeLessThan(3000);
    await until(() => viewer.isClosed);
    expect(witness.isClosed).toBe(false);
    await witness.close();
  },
});
