import {
  type NatsConnection,
  NatsConnectionImpl,
  setTransportFactory,
} from "@nats-io/transport-node";
import { expect } from "expect";
import { ClusterCameras } from "../../lib/cluster/cluster_cameras.ts";
import { Subjects } from "../../lib/cluster/cluster_messages.ts";
import { DenoTransport } from "../../lib/cluster/deno_transport.ts";
import type { CameraView } from "../../lib/protocol/camera.ts";
import { FakeCameras, fakeCameras } from "../cameras/fake_source.ts";
import { isMissing } from "../needs.ts";
import { type NatsServer, startNats, until } from "./nats_server.ts";

const ignore = isMissing("nats");
const SUBJECTS = new Subjects("default");
const URL_WITH_SECRETS = "rtsp://admin:secret@10.0.0.7/live";

/** The cameras of a server of a cluster, with sources that open at once. */
class Server implements AsyncDisposable {
  readonly fake: FakeCameras;
  readonly cluster: ClusterCameras;
  #connection: NatsConnection | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  private constructor(fake: FakeCameras) {
    this.fake = fake;
    this.cluster = new ClusterCameras(crypto.randomUUID(), fake.service, SUBJECTS);
    fake.streams.registry.subscribe(({ session: { camera_id } }) =>
      this.cluster.changed(camera_id ?? "")
    );
    this.#timer = setInterval(() => this.cluster.tick(performance.now()), 200);
  }

  static async start(nats: NatsServer | undefined, prepare?: (fake: FakeCameras) => void) {
    const fake = await fakeCameras();
    prepare?.(fake);
    const server = new Server(fake);
    if (nats !== undefined) await server.connect(nats);
    return server;
  }

  async connect({ url }: NatsServer): Promise<void> {
    setTransportFactory({ factory: () => new DenoTransport() });
    this.#connection = await NatsConnectionImpl.connect({ servers: url, reconnect: false });
    this.cluster.use(this.#connection);
    await this.cluster.open(this.#connection, "default");
  }

  /** Loses the connection. */
  async disconnect(): Promise<void> {
    await this.#connection?.close();
    this.cluster.close();
  }

  /** Ends as a crash would. */
  async crash(): Promise<void> {
    clearInterval(this.#timer);
    await this.disconnect();
  }

  /** The ids of the cameras whose sources are open here. */
  get runs(): string[] {
    return this.fake.service.runnable().filter(({ elsewhere }) => elsewhere === undefined)
      .map(({ definition }) => definition.id);
  }

  get ids(): string[] {
    return this.fake.service.list().map(({ id }) => id);
  }

  view(id = "door"): CameraView | undefined {
    return this.fake.service.list().find((camera) => camera.id === id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fake[Symbol.asyncDispose]();
    await this.crash();
  }
}

function door(changes: Record<string, unknown> = {}) {
  return { id: "door", name: "Door", url: URL_WITH_SECRETS, pipeline_id: "test", ...changes };
}

/** The server that runs the camera, and the other one. */
async function ownerOf(a: Server, b: Server, id = "door"): Promise<[Server, Server]> {
  await until(() => [a, b].some(({ runs }) => runs.includes(id)));
  return a.runs.includes(id) ? [a, b] : [b, a];
}

Deno.test({
  name: "a camera is known to all servers, changed and removed by any, and run by one",
  ignore,
  async fn() {
    await using nats = await startNats();
    await using a = await Server.start(nats);
    await using b = await Server.start(nats);
    expect(await a.fake.service.add(door({ always: true }))).toMatchObject({ id: "door" });
    await until(() => b.ids.length === 1);
    await expect(b.fake.service.add(door())).rejects.toThrow("There is a camera door already");
    const [owner, other] = await ownerOf(a, b);
    await until(() => owner.fake.sources.openCount === 1 && other.view()?.state === "starting");
    owner.fake.sources.newest.give();
    await until(() => other.view()?.state === "active");
    expect(other.view()).toEqual({ ...owner.view(), ...counted(other.view()) });
    expect(other.view()?.url).toBe("rtsp://***:***@10.0.0.7/live");
    expect(other.fake.sources.opened).toEqual([]);

    await other.fake.service.change("door", { name: "Back door", fps: 5 });
    await until(() => owner.view()?.name === "Back door" && owner.fake.sources.opened.length === 2);
    expect(owner.fake.sources.newest.url).toBe(URL_WITH_SECRETS);

    expect(await other.fake.service.force("door", "off")).toMatchObject({ forced: "off" });
    await until(() => owner.fake.sources.openCount === 0 && other.view()?.state === "idle");
    await other.fake.service.remove("door");
    await until(() => a.ids.length === 0 && b.ids.length === 0);
    await other.fake.service.add(door());
    await until(() => owner.ids.length === 1);
    await ownerOf(a, b);
  },
});

/** Figures that a server tells anew every second or two only. */
function counted(view: CameraView | undefined) {
  const { answered_fps, uptime_s, last_access } = view ?? {};
  return { answered_fps, uptime_s, last_access };
}

Deno.test({
  name:
    "cameras spread over the servers; those of one that stops go to another at once, those of one that is cut off within 15 s",
  ignore,
  async fn() {
    await using nats = await startNats();
    await using a = await Server.start(nats);
    await using b = await Server.start(nats);
    for (let index = 0; index < 8; index++) {
      await a.fake.service.add(door({ id: `door-${index}`, always: true }));
      await until(() => a.runs.length + b.runs.length === index + 1);
    }
    expect(Math.min(a.runs.length, b.runs.length)).toBeGreaterThan(0);
    await a.fake.service.force("door-0", "off");
    const stopped = performance.now();
    await a.fake.service.stop();
    await until(() => b.runs.length === 8);
    expect(performance.now() - stopped).toBeLessThan(3000);
    await until(() => b.fake.sources.openCount === 7);
    // What somebody has forced stays so.
    expect(b.view("door-0")).toMatchObject({ forced: "off", state: "idle" });
    expect(a.fake.sources.openCount).toBe(0);

    await using c = await Server.start(nats);
    await until(() => c.view("door-1")?.state === "starting");
    const silentSince = performance.now();
    await b.disconnect();
    await until(() => c.view("door-1")?.last_error?.code === "no_server");
    await until(() => c.fake.sources.openCount === 7);
    expect(performance.now() - silentSince).toBeLessThan(15_000);
    // It was only cut off, and went on meanwhile.
    expect(b.fake.sources.openCount).toBe(7);
    await b.connect(nats);
    await until(() => b.runs.length === 0 && b.fake.sources.openCount === 0);
    await until(() => b.view("door-1")?.state === "starting");
    expect(c.fake.sources.openCount).toBe(7);
  },
});

Deno.test({
  name:
    "without NATS cameras go on where they run, none starts anew, and changes are refused with a sentence",
  ignore,
  async fn() {
    await using nats = await startNats();
    await using a = await Server.start(nats);
    await using b = await Server.start(nats);
    await a.fake.service.add(door({ always: true }));
    const [owner, other] = await ownerOf(a, b);
    await until(() => other.view()?.state === "starting");
    await nats.kill();
    await Promise.all([a.disconnect(), b.disconnect()]);
    await expect(owner.fake.service.change("door", { fps: 1 })).rejects.toThrow(
      "Cannot keep the cameras while NATS is away: see cluster.problems of GET /health",
    );
    await expect(other.fake.service.force("door", "on")).rejects.toThrow(
      "No server of the cluster runs the camera now",
    );
    owner.fake.sources.newest.give();
    await until(() => owner.view()?.state === "active");
    // With all that it held in memory, and that on its disk.
    await nats.restart();
    await other.connect(nats);
    await owner.connect(nats);
    await until(() => other.view()?.state === "active");
    expect(owner.fake.sources.opened).toHaveLength(1);
    expect(other.fake.sources.opened).toEqual([]);
  },
});

Deno.test({
  name:
    "cameras of servers that were by themselves are brought along, and a NATS that has lost all gets them back",
  ignore,
  async fn() {
    await using nats = await startNats();
    await using a = await Server.start(nats, (fake) => fake.add());
    await using b = await Server.start(nats, (fake) => {
      fake.add({ name: "Another door" });
      fake.add({ id: "yard" });
    });
    await until(() => a.ids.length === 2);
    await until(() => [a, b].every((server) => server.view()?.name === "Door"));
    expect(a.fake.files).toEqual(["cameras.json.shared"]);
    // Removed while the other is cut off.
    await b.disconnect();
    await a.fake.service.remove("yard");
    await b.connect(nats);
    await until(() => b.ids.length === 1);

    await using empty = await startNats();
    await Promise.all([a.disconnect(), b.disconnect()]);
    await a.connect(empty);
    await b.connect(empty);
    await using c = await Server.start(empty);
    await until(() => c.ids.length === 1);
    expect([a.ids, b.ids, c.ids]).toEqual([["door"], ["door"], ["door"]]);
  },
});
