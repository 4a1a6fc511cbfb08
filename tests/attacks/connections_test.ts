import { expect } from "expect";
import { AttackedServer } from "./attacked_server.ts";
import { Attacker, type AttackName } from "./attacker.ts";
import { RawClient, sleep } from "./raw_client.ts";

const STREAM = "/ws/video/stream?pipeline_id=yolo_only";
const REFUSED = "/ws/video/watch?session_id=x";

/** Attacks, what they are told, and how often each has to have struck for the test to mean anything. */
const ATTACKS: [title: string, name: AttackName, argument: string, least: number][] = [
  ["WebSockets that are reset at every stage", "resets", "", 200],
  ["fragments without end on a stream", "fragments", STREAM, 10],
  ["fragments without end on a refused socket", "fragments", REFUSED, 10],
  ["empty fragments without end", "emptyFragments", "", 4],
  ["frames of 63 MiB on refused sockets", "largeFrames", "", 4],
  ["200 frames of 5 MiB that stop one byte early", "halfFrames", "200", 200],
  ["pings as fast as they are taken", "pings", "", 10],
  ["bodies of which a byte comes now and then", "slowBodies", "", 30],
];

for (const [title, name, argument, least] of ATTACKS) {
  Deno.test(`${title} harm nobody`, async () => {
    using attacker = await Attacker.start();
    await using attacked = await AttackedServer.start();
    const { url } = attacked.server;
    const turns = await attacked.expectUnharmedBy((signal) =>
      attacker.attack(name, url, signal, argument)
    );
    expect(turns).toBeGreaterThanOrEqual(least);
  });
}

Deno.test("viewers that come and go, and do not read, harm nobody", async () => {
  using attacker = await Attacker.start();
  await using attacked = await AttackedServer.start();
  const { url } = attacked.server;
  const { sessions } = await (await fetch(new URL("/sessions", url))).json();
  const turns = await attacked.expectUnharmedBy((signal) =>
    attacker.attack("viewers", url, signal, sessions[0].session_id)
  );
  expect(turns).toBeGreaterThan(200);
  const [session] = (await (await fetch(new URL("/sessions", url))).json()).sessions;
  expect(session.client_count).toBe(0);
});

Deno.test("300 idle connections leave a server with 200 files its stream, and newcomers their answers", async () => {
  using attacker = await Attacker.start();
  await using attacked = await AttackedServer.start({ fileLimit: 200 });
  const { url } = attacked.server;
  const statuses = await attacked.expectUnharmedBy(async (signal) => {
    const attacking = attacker.attack("idle", url, signal, "300");
    const found: number[] = [];
    while (!signal.aborted) {
      await sleep(300);
      const response = await fetch(new URL("/health", url), { headers: { Connection: "close" } });
      await response.body?.cancel();
      found.push(response.status);
    }
    await attacking;
    return found;
  });
  expect(statuses.length).toBeGreaterThan(3);
  expect(new Set(statuses)).toEqual(new Set([200]));
});

Deno.test("as many WebSockets as there can be leave a server with 200 files alive, and its stream its answers", async () => {
  await using attacked = await AttackedServer.start({ fileLimit: 200 });
  const { url } = attacked.server;
  const refused = await attacked.expectUnharmedBy(async (signal) => {
    const clients: RawClient[] = [];
    while (!signal.aborted) {
      if (clients.length < 150) clients.push(await RawClient.openWebSocket(url, STREAM));
      await sleep(5);
    }
    const answers = clients.map(({ received }) => received.slice(9, 12));
    for (const client of clients) client[Symbol.dispose]();
    return answers.filter((status) => status === "503").length;
  });
  expect(refused).toBeGreaterThan(0);
});
