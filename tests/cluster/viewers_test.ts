import { expect } from "expect";
import type { Session } from "../../lib/protocol/session.ts";
import { isMissing } from "../needs.ts";
import { ensureModel } from "../pipeline/models.ts";
import { readFixture } from "../read_fixture.ts";
import { openStream, startTestServer, TestClient, type TestServer } from "../routes/test_server.ts";
import { startNats, until } from "./nats_server.ts";

const ignore = isMissing("nats");
const DOG = await readFixture("dog.jpg");

/** Two servers of one cluster. */
async function startTwo(url: string): Promise<[TestServer, TestServer]> {
  await ensureModel();
  const environment = { NATS_URL: url, PIPELINE_THREADS: "1" };
  return await Promise.all([startTestServer({ environment }), startTestServer({ environment })]);
}

async function sessions(server: TestServer): Promise<Session[]> {
  return (await (await server.fetch("/sessions")).json()).sessions;
}

function watch({ host }: TestServer, id: string, frames = ""): TestClient {
  return new TestClient(`ws://${host}/ws/video/watch?session_id=${id}${frames}`);
}

Deno.test({
  name:
    "a viewer of one server sees the stream of another, with its frames if asked for, until it ends",
  ignore,
  async fn() {
    await using nats = await startNats();
    const [a, b] = await startTwo(nats.url);
    await using _a = a;
    await using _b = b;
    const producers = [a, b].map((server) => openStream(server, "?pipeline_id=yolo_only"));
    await Promise.all(producers.map(({ opened }) => opened));
    const [producer, other] = producers as [TestClient, TestClient];
    await until(async () => (await sessions(a)).length === 2 && (await sessions(b)).length === 2);
    expect((await sessions(a)).map((each) => each.session_id))
      .toEqual((await sessions(b)).map((each) => each.session_id));
    const [own] = a.services.streams.registry.list();
    const id = own?.session_id ?? "";
    const told = await b.fetch(`/sessions/${id}`);
    expect(await told.json()).toMatchObject({ session_id: id, pipeline_id: "yolo_only" });

    const [plain, withFrames] = [watch(b, id), watch(b, id, "&frames=1")];
    await Promise.all([plain.opened, withFrames.opened]);
    await until(() => a.services.streams.registry.list()[0]?.client_count === 2);
    for (let count = 1; count <= 3; count++) {
      producer.send(DOG.slice());
      await producer.received(count);
      // A viewer that is behind would skip the next one.
      await until(() => withFrames.frames.length === count);
    }
    expect(await plain.received(3)).toEqual(producer.messages);
    expect(await withFrames.received(3)).toEqual(producer.messages);
    expect(new Uint8Array(withFrames.frames[2] as ArrayBuffer)).toEqual(DOG);
    expect(plain.frames).toEqual([]);

    const snapshot = b.fetch(`/sessions/${id}/snapshot.jpg`);
    await until(() => a.services.streams.registry.list()[0]?.client_count === 3);
    producer.send(DOG.slice());
    expect((await (await snapshot).bytes()).slice(0, 2)).toEqual(DOG.slice(0, 2));
    expect((await snapshot).headers.get("Content-Type")).toBe("image/jpeg");
    await until(() => a.services.streams.registry.list()[0]?.client_count === 2);

    await plain.close();
    await until(() => a.services.streams.registry.list()[0]?.client_count === 1);
    await producer.close();
    expect(await withFrames.closed).toEqual({ code: 1000, reason: "stream_ended" });
    await until(async () => (await sessions(b)).length === 1);
    const late = watch(b, id);
    expect((await late.closed).reason).toBe("session_not_found");
    await other.close();
  },
});

Deno.test({
  name: "answers are published only while somebody watches them on another server",
  ignore,
  async fn() {
    const { NatsConnectionImpl } = await import("@nats-io/transport-node");
    await using nats = await startNats();
    const [a, b] = await startTwo(nats.url);
    await using _a = a;
    await using _b = b;
    const spy = await NatsConnectionImpl.connect({ servers: nats.url });
    let published = 0;
    spy.subscribe("livesyte.default.session.*", { callback: () => void (published += 1) });
    await spy.flush();
    const producer = openStream(a, "?pipeline_id=yolo_only");
    await producer.opened;
    producer.send(DOG.slice());
    await producer.received(1);
    const id = a.services.streams.registry.list()[0]?.session_id ?? "";
    await until(async () => (await sessions(b)).length === 1);
    expect(published).toBe(0);
    const viewer = watch(b, id);
    await until(() => a.services.streams.registry.list()[0]?.client_count === 1);
    producer.send(DOG.slice());
    await viewer.received(1);
    await spy.flush();
    expect(published).toBe(1);
    await viewer.close();
    await until(() => a.services.streams.registry.list()[0]?.client_count === 0);
    producer.send(DOG.slice());
    await producer.received(3);
    await spy.flush();
    expect(published).toBe(1);
    await producer.close();
    await spy.close();
  },
});

Deno.test({
  name: "viewers of another server go on watching after NATS has been away for a moment",
  ignore,
  async fn() {
    await using nats = await startNats();
    const [a, b] = await startTwo(nats.url);
    await using _a = a;
    await using _b = b;
    const producer = openStream(a, "?pipeline_id=yolo_only");
    await producer.opened;
    await until(async () => (await sessions(b)).length === 1);
    const viewer = watch(b, a.services.streams.registry.list()[0]?.session_id ?? "");
    await until(() => a.services.streams.registry.list()[0]?.client_count === 1);
    await nats.kill();
    await until(() => !b.services.health().cluster?.connected);
    await nats.restart();
    await until(() => b.services.health().cluster?.connected ?? false);
    await until(() => a.services.health().cluster?.connected ?? false);
    const timer = setInterval(() => producer.send(DOG.slice()), 200);
    try {
      await until(() => viewer.messages.length >= 3);
    } finally {
      clearInterval(timer);
    }
    await viewer.close();
    await producer.close();
  },
});

Deno.test({
  name: "without JetStream frames are computed elsewhere and a sentence says what is missing",
  ignore,
  async fn() {
    await using nats = await startNats({ jetstream: false });
    const [a, b] = await startTwo(nats.url);
    await using _a = a;
    await using _b = b;
    await until(() => a.services.health().cluster?.nodes.length === 1);
    await until(() => (a.services.health().cluster?.problems.length ?? 0) > 0);
    expect(a.services.health().cluster?.problems).toEqual([
      expect.stringMatching(
        /^Cannot keep video jobs, list the streams of other machines.*start nats-server with -js/,
      ),
    ]);
    expect(await sessions(b)).toEqual([]);
  },
});

Deno.test({
  name: "a server whose list of streams NATS does not take says so until it is short again",
  ignore,
  async fn() {
    await using nats = await startNats({ lines: ["max_payload: 4KB"] });
    await ensureModel();
    await using server = await startTestServer({
      environment: { NATS_URL: nats.url, PIPELINE_THREADS: "1" },
    });
    const told = () =>
      server.services.health().cluster?.problems.filter((each) => /list of/.test(each)) ?? [];
    const clients = Array.from({ length: 10 }, () => openStream(server, "?pipeline_id=yolo_only"));
    await Promise.all(clients.map(({ opened }) => opened));
    await until(() => told().length > 0);
    expect(told()).toEqual([
      expect.stringMatching(/^The list of \d+ streams takes \d+ bytes.* raise max_payload/),
    ]);
    await Promise.all(clients.map((client) => client.close()));
    await until(() => told().length === 0);
  },
});
