import { createServer, type Socket } from "node:net";
import { expect } from "expect";
import type { EventServiceOptions } from "../../../lib/events/event_service.ts";
import type { LiveEvent } from "../../../lib/protocol/event.ts";
import type { Rule } from "../../../lib/protocol/rule.ts";
import { isMissing } from "../../needs.ts";
import { temporaryDirectory } from "../../video/temporary_directory.ts";
import { DOOR, eventService, moment, PICTURE, SOMEBODY, until } from "../moments.ts";
import { listen, startBroker, wayTo } from "../mosquitto.ts";

const ignore = isMissing("mosquitto");
const DISCOVERY = [
  "homeassistant/binary_sensor/livesyte_door/somebody/config",
  "homeassistant/image/livesyte_door/somebody/config",
  "homeassistant/sensor/livesyte_door/person/config",
];
const EVENTS = "livesyte/door/somebody";

function mqttOf(url: string, discovery = true): Pick<EventServiceOptions, "mqtt"> {
  return { mqtt: { url: new URL(url), discovery } };
}

function tracksOf(messages: readonly string[] = []): (number | null)[] {
  return messages.map((message) => (JSON.parse(message) as LiveEvent).track_id);
}

Deno.test({
  name: "a broker is told of cameras, counts and events, and when the server goes",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    await using broker = await startBroker();
    await using listener = await listen(broker.url);
    const events = eventService(directory.path, mqttOf(broker.url));
    events.noteRules(DOOR, [SOMEBODY]);
    await events.start();
    const { newest, all } = listener;
    await until(() => newest.get("livesyte/status") === "online");
    await until(() => newest.get("livesyte/door/person") === "0");
    await until(() => DISCOVERY.every((topic) => newest.has(topic)));
    expect([...newest.keys()].filter((topic) => topic.startsWith("homeassistant/")).toSorted())
      .toEqual(DISCOVERY);

    events.record(moment());
    await until(() => newest.has(EVENTS));
    const [kept] = await events.list({ limit: 1 });
    expect(JSON.parse(newest.get(EVENTS) ?? "")).toEqual(kept);
    const picture = new TextDecoder().decode(PICTURE);
    await until(() => newest.get(`${EVENTS}/snapshot`) === picture);

    for (const count of [1, 1, 2, 1, 2, 3, 3]) {
      events.noteObjects(DOOR, new Map([["person", count], ["dog", 1]]));
    }
    await until(() => newest.get("livesyte/door/person") === "3");
    events.noteObjects(DOOR, new Map());
    await until(() => newest.get("livesyte/door/person") === "0");
    // Not each of the frames, and nothing that no rule asks for.
    expect(all.get("livesyte/door/person")?.length).toBeLessThan(6);
    expect(newest.has("livesyte/door/dog")).toBe(false);

    // Too large for many brokers.
    events.record(moment({ event: { rule_id: "large" }, jpeg: new Uint8Array(1_000_001) }));
    await until(() => newest.has("livesyte/door/large"));
    expect(newest.has("livesyte/door/large/snapshot")).toBe(false);

    await using late = await listen(broker.url);
    await until(() => late.retained.size >= 6);
    expect(late.newest.has(EVENTS)).toBe(false);
    await events.stop();
    await until(() => newest.get("livesyte/status") === "offline");
  },
});

Deno.test({
  name: "classes of odd or endless names keep nothing else from the broker",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    await using broker = await startBroker();
    await using listener = await listen(broker.url);
    const events = eventService(directory.path, mqttOf(broker.url));
    await events.start();
    events.noteRules(DOOR, [{ ...SOMEBODY, classes: [] }]);
    const odd = ["", "#", "a/b", "\0", "\u0085", "\ufffe", "%".repeat(100), "x".repeat(70_000)];
    events.noteObjects(DOOR, new Map([...odd, "person"].map((label) => [label, 1])));
    const { newest } = listener;
    await until(() => newest.get("livesyte/door/person") === "1");
    await until(() => newest.get("livesyte/door/%C2%85") === "1");
    const ofDoor = () => [...newest.keys()].filter((topic) => topic.startsWith("livesyte/door/"));
    await until(() => ofDoor().length === odd.length);
    await events.stop();
  },
});

Deno.test({
  name: "events wait while the broker is away, and come in their order, none lost",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    await using broker = await startBroker();
    await using listener = await listen(broker.url);
    await using way = wayTo(broker.url);
    const events = eventService(directory.path, mqttOf(way.url));
    await events.start();
    for (let track_id = 0; track_id < 12; track_id++) {
      if (track_id % 4 === 1) way.cut();
      events.record(moment({ event: { track_id } }));
      await until(async () => (await events.list({ limit: 20 })).length === track_id + 1);
      if (track_id % 4 === 3) way.open();
    }
    await until(() => new Set(tracksOf(listener.all.get(EVENTS))).size === 12);
    const seen = (listener.all.get(EVENTS) ?? []).map((message): LiveEvent => JSON.parse(message));
    const unique = [...new Map(seen.map((event) => [event.event_id, event])).values()];
    expect(unique.map(({ track_id }) => track_id))
      .toEqual(Array.from({ length: 12 }, (_, index) => index));
    await events.stop();
  },
});

Deno.test({
  name: "a broker that was killed is told everything again",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    await using broker = await startBroker();
    const events = eventService(directory.path, mqttOf(broker.url));
    events.noteRules(DOOR, [SOMEBODY]);
    await events.start();
    events.noteObjects(DOOR, new Map([["person", 2]]));
    await using listener = await listen(broker.url);
    await until(() => listener.newest.get("livesyte/door/person") === "2");
    await broker.kill();
    await broker.restart();
    await using later = await listen(broker.url);
    await until(() => DISCOVERY.every((topic) => later.newest.has(topic)));
    await until(() => later.newest.get("livesyte/door/person") === "2");
    events.record(moment());
    await until(() => later.newest.has(EVENTS));
    await events.stop();
  },
});

Deno.test({
  name: "a broker that does not answer is left, and gets the event again",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    await using broker = await startBroker();
    const options = { ...mqttOf(broker.url), timing: { brokerMs: 300 } };
    const events = eventService(directory.path, options);
    events.noteRules(DOOR, [SOMEBODY]);
    await events.start();
    await using listener = await listen(broker.url);
    await until(() => listener.newest.has("livesyte/door/person"));
    broker.freeze(true);
    events.record(moment({ event: { track_id: 5 } }));
    await new Promise((resolve) => setTimeout(resolve, 700));
    broker.freeze(false);
    await until(() => listener.newest.has(EVENTS));
    const ids = listener.all.get(EVENTS)?.map((message) => JSON.parse(message).event_id) ?? [];
    expect(new Set(ids).size).toBe(1);
    await events.stop();
  },
});

Deno.test({
  name: "what is no longer true is cleared, also after a restart",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    await using broker = await startBroker();
    const all: Rule = { ...SOMEBODY, id: "anything", classes: [] };
    const yard = { cameraId: "yard", name: "Yard" };
    const first = eventService(directory.path, mqttOf(broker.url));
    await first.start();
    const silent: Rule = { ...SOMEBODY, id: "silent", classes: ["cat"], actions: ["webhook"] };
    first.noteRules(DOOR, [SOMEBODY, all, silent]);
    first.noteRules({ cameraId: "attic", name: "Attic" }, [silent]);
    first.noteRules(yard, [SOMEBODY]);
    first.noteObjects(DOOR, new Map([["person", 1], ["cell phone", 2]]));
    await using listener = await listen(broker.url);
    const { newest } = listener;
    const ofHomeAssistant = () =>
      [...newest.keys()].filter((topic) => topic.startsWith("homeassistant/")).length;
    await until(() => ofHomeAssistant() === 9);
    await until(() => newest.get("livesyte/door/cell phone") === "2");
    first.record(moment());
    await until(() => newest.has(`${EVENTS}/snapshot`));
    first.noteRules(yard, []);
    await until(() => ofHomeAssistant() === 6);
    await until(() => !newest.has("livesyte/yard/person"));
    await first.stop();

    // The classes that were seen stay, since a rule still asks for them.
    const second = eventService(directory.path, mqttOf(broker.url));
    second.noteRules(DOOR, [all]);
    await second.start();
    await until(() => ofHomeAssistant() === 4);
    await until(() => newest.get("livesyte/door/cell phone") === "0");
    expect(newest.has("homeassistant/sensor/livesyte_door/cell_20phone/config")).toBe(true);
    await until(() => !newest.has(`${EVENTS}/snapshot`));
    await second.stop();

    const third = eventService(directory.path, mqttOf(broker.url, false));
    third.noteRules(DOOR, [all]);
    await third.start();
    await until(() => ofHomeAssistant() === 0);
    expect(newest.get("livesyte/door/cell phone")).toBe("0");
    await third.stop();

    const fourth = eventService(directory.path, mqttOf(broker.url, false));
    await fourth.start();
    const others = () => [...newest.keys()].filter((topic) => topic !== EVENTS);
    await until(() => others().join() === "livesyte/status");
    await fourth.stop();
  },
});

Deno.test({
  name: "the user and the password of MQTT_URL are used, and WebSockets do as well",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    const passwords = `${directory.path}/passwords`;
    // "us@er" and "pass/word", as mosquitto_passwd of Debian writes them.
    await Deno.writeTextFile(passwords, "us@er:pass/word\n");
    await new Deno.Command("mosquitto_passwd", { args: ["-U", passwords] }).output();
    await Deno.chmod(directory.path, 0o755);
    await Deno.chmod(passwords, 0o644);
    await using broker = await startBroker(["allow_anonymous false", `password_file ${passwords}`]);
    for (const url of [broker.url, broker.webSocketUrl]) {
      const user = url.replace("//", "//us%40er:pass%2Fword@");
      const events = eventService(`${directory.path}/data`, mqttOf(user));
      await events.start();
      await using listener = await listen(user);
      await until(() => listener.newest.get("livesyte/status") === "online");
      await events.stop();
    }
  },
});

Deno.test("a broker that resets connections does not end the process", async () => {
  await using directory = await temporaryDirectory();
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", () => socket.resetAndDestroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const events = eventService(directory.path, mqttOf(`mqtt://127.0.0.1:${port}`));
  await events.start();
  await until(() => sockets.length >= 4);
  await events.stop();
  await new Promise((resolve) => server.close(resolve));
});
