/** Other programs on the same NATS, which publish under the subjects of the cluster what does not belong there. */

import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { type NatsConnection, NatsConnectionImpl } from "@nats-io/transport-node";
import { expect } from "expect";
import { encodePacket } from "../../lib/cluster/packet.ts";
import { isMissing } from "../needs.ts";
import { ensureModel } from "../pipeline/models.ts";
import { readFixture } from "../read_fixture.ts";
import { openStream, startTestServer, TestClient, type TestServer } from "../routes/test_server.ts";
import { startNats, until } from "./nats_server.ts";

const ignore = isMissing("nats");
const DOG = await readFixture("dog.jpg");

/** A server with a worker, one without, and a stranger on their NATS. */
async function startAll() {
  await ensureModel();
  await using stack = new AsyncDisposableStack();
  const nats = stack.use(await startNats());
  const start = async (workers: string) => {
    const environment = { NATS_URL: nats.url, PIPELINE_WORKERS: workers, PIPELINE_THREADS: "1" };
    return stack.use(await startTestServer({ environment }));
  };
  const [node, gateway] = [await start("1"), await start("0")];
  for (const { services } of [node, gateway]) {
    await until(() => services.health().cluster?.nodes.length === 1);
  }
  const stranger = await NatsConnectionImpl.connect({ servers: nats.url }) as NatsConnection;
  stack.defer(() => stranger.close());
  const owned = stack.move();
  return { node, gateway, stranger, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function sessionIds(server: TestServer): Promise<string[]> {
  const { sessions } = await (await server.fetch("/sessions")).json();
  return sessions.map(({ session_id }: { session_id: string }) => session_id);
}

/** Has a frame computed over a gateway, and tells what came of it. */
async function computed(gateway: TestServer): Promise<string[]> {
  const client = openStream(gateway, "?pipeline_id=yolo_only");
  await client.opened;
  client.send(DOG.slice());
  const [answer = {}] = await client.received(1);
  await client.close();
  return Object.keys(answer);
}

Deno.test({
  name: "lists of streams that are none do not hide those of other servers",
  ignore,
  async fn() {
    await using all = await startAll();
    const { node, gateway, stranger } = all;
    const js = jetstream(stranger);
    for (const [key, value] of [["a", "{"], ["b", "5"], ["c", "[{}]"], ["d", ""]]) {
      await js.publish(`$KV.livesyte_default_sessions.${key}`, value);
    }
    const client = openStream(node, "?pipeline_id=yolo_only");
    await client.opened;
    const [own = ""] = await sessionIds(node);
    await until(async () => (await sessionIds(gateway)).length > 0);
    for (const server of [node, gateway]) expect(await sessionIds(server)).toEqual([own]);
    await client.close();
  },
});

Deno.test({
  name:
    "viewers get nothing that no server has sent, and a number of viewers that cannot be is none",
  ignore,
  async fn() {
    await using all = await startAll();
    const { node, gateway, stranger } = all;
    const client = openStream(node, "?pipeline_id=yolo_only");
    await client.opened;
    await until(async () => (await sessionIds(gateway)).length === 1);
    const [id = ""] = await sessionIds(node);
    const watch = { gateway: crypto.randomUUID(), sessionId: id, wantsFrames: true };
    for (const viewers of [1e15, 1e308, -1, 0.5]) {
      stranger.publish("livesyte.default.watch", JSON.stringify({ ...watch, viewers }));
    }
    const viewer = new TestClient(`ws://${gateway.host}/ws/video/watch?session_id=${id}&frames=1`);
    await viewer.opened;
    await until(() => node.services.streams.registry.list()[0]?.client_count === 1);
    const packets = [5, {}, { text: 5 }, { text: null }, { text: "{}", frame: "x" }, []];
    for (const packet of packets) {
      stranger.publish(`livesyte.default.session.${id}`, encodePacket(packet));
    }
    await stranger.flush();
    client.send(DOG.slice());
    await viewer.received(1);
    expect(viewer.messages).toEqual(client.messages);
    await viewer.close();
    await client.close();
  },
});

Deno.test({
  name: "whoever pretends to be a node costs no stream its end, and no frame its result",
  ignore,
  async fn() {
    await using all = await startAll();
    const { node, gateway, stranger } = all;
    const [{ version, node_id } = { version: "", node_id: "" }] =
      gateway.services.health().cluster?.nodes ?? [];
    const { hash, load } = await announcementOf(stranger, node_id);
    const answers = [null, 5, {}, { outcome: {} }, { load, outcome: 5 }, { load, isHere: true }];
    const impostor = {
      name: "impostor",
      role: "worker",
      version,
      hash,
      load: { detection: { ...load.detection, workers: 64 }, reading: load.reading },
      isLeaving: false,
    };
    // Each would break the protocol of NATS, or ask everybody.
    for (const id of ["", "a b", ">", "*", "a\r\nPUB x 1", "x".repeat(100_000)]) {
      stranger.publish("livesyte.default.nodes", JSON.stringify({ ...impostor, id }));
    }
    const name = "x".repeat(1_000_000);
    const id = crypto.randomUUID();
    stranger.publish("livesyte.default.nodes", JSON.stringify({ ...impostor, id, name }));
    await stranger.flush();
    expect(await computed(gateway)).toEqual(["frame_index", "result"]);
    expect(gateway.services.health().cluster?.nodes.map(({ host }) => host)).toEqual([
      node.services.health().cluster?.nodes[0]?.host,
    ]);
    for (const answer of answers) {
      const id = crypto.randomUUID();
      const subscription = stranger.subscribe(`livesyte.default.node.${id}`, {
        callback: (_, message) => void message.respond(encodePacket(answer)),
      });
      await stranger.flush();
      stranger.publish("livesyte.default.nodes", JSON.stringify({ ...impostor, id }));
      await until(() => {
        const nodes = gateway.services.health().cluster?.nodes ?? [];
        return nodes.some(({ node_id }) => node_id === id);
      });
      expect([answer, await computed(gateway)]).toEqual([answer, ["frame_index", "result"]]);
      subscription.unsubscribe();
    }
    expect(gateway.services.health().cluster?.connected).toBe(true);
  },
});

async function announcementOf(stranger: NatsConnection, id: string) {
  for await (const message of stranger.subscribe("livesyte.default.nodes")) {
    const announcement = message.json<{
      id: string;
      hash: string;
      load: Record<"detection" | "reading", { workers: number }>;
    }>();
    if (announcement.id === id) return announcement;
  }
  throw new Error("The connection has ended");
}

Deno.test({
  name: "what is in the queue and is no job is taken out of it",
  ignore,
  async fn() {
    await using all = await startAll();
    const { stranger } = all;
    const js = jetstream(stranger);
    const jsm = await jetstreamManager(stranger);
    for (const id of ["a:b", "ü", "x", crypto.randomUUID()]) {
      await js.publish(`livesyte.default.queue.${id}`, new Uint8Array(1000));
    }
    await until(async () =>
      (await jsm.streams.info("livesyte_default_queue")).state.messages === 0
    );
  },
});
