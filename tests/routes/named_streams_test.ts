import { expect } from "expect";
import sharp from "sharp";
import { readFixture } from "../read_fixture.ts";
import { MINIMAL_FRAME, RESULT } from "../streaming/simulated_stream.ts";
import { waitFor } from "../video/wait_for.ts";
import { openStream, startTestServer, TestClient, type TestServer } from "./test_server.ts";

const processor = { isValidPipeline: () => true, runOnFrame: () => Promise.resolve(RESULT) };
const KEY = "a-secret-of-this-client";

async function sessions(server: TestServer) {
  return (await (await server.fetch("/sessions")).json()).sessions;
}

/** Waits until the open streams have these names. */
async function untilNames(server: TestServer, names: (string | undefined)[]): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const found = (await sessions(server)).map(({ name }: { name?: string }) => name);
    if (JSON.stringify(found) === JSON.stringify(names)) return;
    if (Date.now() > deadline) expect(found).toEqual(names);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function withName(name: string): string {
  return `?${new URLSearchParams({ pipeline_id: "test", name })}`;
}

Deno.test("a stream is listed under the name that its client gave, and then under another", async () => {
  await using server = await startTestServer({ processor });
  const plain = openStream(server, "?pipeline_id=test");
  await plain.opened;
  const name = `<b>Küche & "Flur"</b> 👩‍🍳`;
  const client = openStream(server, withName(name));
  await client.opened;
  await untilNames(server, [undefined, name]);
  client.send(JSON.stringify({ name: "Phone" }));
  await untilNames(server, [undefined, "Phone"]);
  client.send(MINIMAL_FRAME);
  // Renaming has no answer, and the stream goes on.
  expect(await client.received(1)).toMatchObject([{ frame_index: 1 }]);
  const html = await (await server.fetch("/watch")).text();
  expect(html).not.toContain("Phone");
  await client.close();
  await plain.close();
});

Deno.test("a name that is too long, empty or of more than one line is refused", async () => {
  await using server = await startTestServer({ processor });
  const upgrade = { headers: { Upgrade: "websocket", Connection: "Upgrade" } };
  const refused = ["", " x", "x".repeat(81), "a\nb", "a\u0000b", "a\u202eb", "a\u2028b"];
  for (const name of refused) {
    const answer = await server.fetch(`/ws/video/stream${withName(name)}`, upgrade);
    expect([name, answer.status, await answer.json()]).toEqual([name, 400, {
      error: "bad_request",
      detail: "Query parameter name must be 1 to 80 characters of one line, the first no space",
    }]);
  }
  for (const name of [...refused, 7, null]) {
    const client = openStream(server, "?pipeline_id=test");
    await client.opened;
    client.send(JSON.stringify({ name }));
    expect([name, (await client.closed).reason]).toEqual([name, "invalid_message"]);
  }
  const key = await server.fetch("/ws/video/stream?pipeline_id=test&stream_key=short", upgrade);
  expect([key.status, (await key.json()).error]).toEqual([400, "bad_request"]);
});

Deno.test("a stream that comes again with its key has the same session id, which does not tell the key", async () => {
  await using server = await startTestServer({ processor });
  const query = `?pipeline_id=test&stream_key=${KEY}`;
  const idOf = async (client: TestClient) => {
    const [message] = await client.received(1);
    return message !== undefined && "session_id" in message ? message.session_id : undefined;
  };
  const first = openStream(server, query);
  const id = await idOf(first);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(JSON.stringify(await sessions(server))).not.toContain(KEY);
  expect((await sessions(server)).map((each: { session_id: string }) => each.session_id))
    .toEqual([id]);
  const viewer = new TestClient(`ws://${server.host}/ws/video/watch?session_id=${id}`);
  await viewer.opened;
  // Its last connection may not have been missed yet.
  const second = openStream(server, query);
  expect(await idOf(second)).toBe(id);
  expect(await first.closed).toEqual({ code: 1008, reason: "replaced" });
  expect((await viewer.closed).reason).toBe("stream_ended");
  expect((await sessions(server)).length).toBe(1);
  await second.close();
  const third = openStream(server, query);
  expect(await idOf(third)).toBe(id);
  // The id of a stream is no key to it.
  const stranger = openStream(server, `?pipeline_id=test&stream_key=${id}`);
  expect(await idOf(stranger)).not.toBe(id);
  await third.close();
  await stranger.close();
});

Deno.test("a stream that comes again takes no second place where the places are limited", async () => {
  const environment = { STREAM_MAX_SESSIONS: "1" };
  await using server = await startTestServer({ processor, environment });
  const first = openStream(server, `?pipeline_id=test&stream_key=${KEY}`);
  await first.received(1);
  const other = openStream(server, "?pipeline_id=test");
  expect((await other.closed).reason).toBe("too_many_sessions");
  const again = openStream(server, `?pipeline_id=test&stream_key=${KEY}`);
  expect(await again.received(1)).toMatchObject([{ session_id: expect.any(String) }]);
  await again.close();
});

Deno.test("a stream shows what it sees as a small JPEG, only to those who may watch it", async () => {
  const environment = { STREAM_AUTH_TOKEN: "sesame" };
  await using server = await startTestServer({ processor, environment });
  const token = "token=sesame";
  const client = openStream(server, `?pipeline_id=test&${token}`);
  await client.opened;
  const [{ session_id }] = (await (await server.fetch(`/sessions?${token}`)).json()).sessions;
  const path = `/sessions/${session_id}/snapshot.jpg`;
  const refused = await server.fetch(path);
  expect([refused.status, (await refused.json()).error]).toEqual([401, "unauthorized"]);
  const unknown = await server.fetch(`/sessions/${crypto.randomUUID()}/snapshot.jpg?${token}`);
  expect([unknown.status, (await unknown.json()).error]).toEqual([404, "session_not_found"]);

  const dog = await readFixture("dog.jpg");
  let asked = 0;
  const answers = [1, 2, 3].map(() => server.fetch(`${path}?${token}`));
  // Frames come as long as those who ask wait.
  const timer = setInterval(() => client.send((asked += 1, dog.slice())), 20);
  const images = await Promise.all(answers.map(async (answer) => {
    const { status, headers } = await answer;
    expect([status, headers.get("Content-Type"), headers.get("Cache-Control")])
      .toEqual([200, "image/jpeg", "no-store"]);
    return await (await answer).bytes();
  }));
  clearInterval(timer);
  expect(asked).toBeGreaterThan(0);
  const { width, height, format } = await sharp(images[0]).metadata();
  expect({ width, height, format }).toEqual({ width: 320, height: 240, format: "jpeg" });
  // Made once for all who ask at the same time.
  expect(images[1]).toEqual(images[0]);
  expect(images[2]).toEqual(images[0]);
  // Nobody is left who wants frames, and those who looked are no viewers.
  const stream = server.services.streams.registry.get(session_id);
  expect([stream?.audience.wantsFrames, stream?.session.clientCount]).toEqual([false, 0]);
  await client.close();
});

Deno.test("a stream that ends while somebody waits for its image is told in the answer", async () => {
  await using server = await startTestServer({ processor });
  const client = openStream(server, "?pipeline_id=test");
  await client.opened;
  const [{ session_id }] = await sessions(server);
  const answer = server.fetch(`/sessions/${session_id}/snapshot.jpg`);
  const { audience } = server.services.streams.registry.get(session_id) ?? {};
  await waitFor(() => audience?.wantsFrames ?? false);
  await client.close();
  expect((await answer).status).toBe(503);
  expect(await (await answer).json()).toMatchObject({ error: "stream_unavailable" });
});
