import { expect } from "expect";
import { parse } from "yaml";
import { textLines } from "../../bench/text_lines.ts";
import { signBody } from "../../lib/events/delivery/webhook.ts";
import { freePort } from "../cluster/nats_server.ts";
import { DOOR, moment, SOMEBODY, until } from "../events/moments.ts";
import { listen, startBroker } from "../events/mosquitto.ts";
import { DOG, DOG_VIDEO, installClient } from "../client_package/built_client.ts";
import { isMissing, pythonWithWebSockets } from "../needs.ts";
import { startTestServer, TestClient } from "../routes/test_server.ts";
import { waitFor } from "../video/wait_for.ts";

const EXAMPLES = new URL("../../examples/", import.meta.url);
const TIMEOUT_MS = 240_000;

/** What the examples for images print of the dog. */
const DOG_LINE = /dog\.jpg dog 0\.\d+ [\d.]+ [\d.]+ [\d.]+ [\d.]+$/m;
/** The first line of results as CSV, and one of the dog. */
const DOG_CSV = /^frame_index,timestamp_ms,kind,label,.*\r\n(?:.*\r\n)*0,0,object,dog,/m;

/**
 * Runs an example beside the installed package, against a server of its own.
 *
 * @param args What comes after the name of the example.
 * @returns What it printed, and what it wrote into `out.csv`.
 */
async function runExample(name: string, command: string, args: string[]): Promise<string> {
  await using server = await startTestServer();
  await using folder = await installClient();
  await Deno.copyFile(new URL(name, EXAMPLES), `${folder.path}${name}`);
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [name, ...args],
    cwd: folder.path,
    env: { LIVESYTE_URL: `http://${server.host}` },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).output();
  const [output = "", errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  expect([code, errors]).toEqual([0, expect.anything()]);
  const written = await Deno.readTextFile(`${folder.path}out.csv`).catch(() => "");
  return output + written;
}

Deno.test({
  name: "the example for images in Node prints what it finds",
  ignore: isMissing("node"),
  fn: async () => expect(await runExample("images.mjs", "node", [DOG, DOG])).toMatch(DOG_LINE),
});

Deno.test({
  name: "the example for images in Python prints what it finds",
  ignore: isMissing("websockets"),
  async fn() {
    const python = pythonWithWebSockets() ?? "python3";
    expect(await runExample("images.py", python, [DOG, DOG])).toMatch(DOG_LINE);
  },
});

Deno.test({
  name: "the example with curl prints an image's results and a video's",
  ignore: isMissing("curl"),
  async fn() {
    const output = await runExample("curl.sh", "sh", [DOG, DOG_VIDEO]);
    expect(output).toMatch(/^\{"result":.*"label":"dog"/);
    expect(output).toMatch(DOG_CSV);
  },
});

Deno.test({
  name: "the example for video files writes CSV",
  ignore: isMissing("node"),
  async fn() {
    const output = await runExample("video_to_csv.mjs", "node", [DOG_VIDEO, "out.csv"]);
    expect(output).toMatch(DOG_CSV);
  },
});

Deno.test({
  name: "the example for cameras is a camera of what is piped into it, and may be started again",
  ignore: isMissing("python3"),
  async fn() {
    await using server = await startTestServer();
    const dog = await Deno.readFile(DOG);
    for (const _ of ["first", "again"]) {
      const camera = new Deno.Command("python3", {
        args: [new URL("mjpeg_camera.py", EXAMPLES).pathname],
        env: { LIVESYTE_URL: `http://${server.host}` },
        stdin: "piped",
        stdout: "piped",
      }).spawn();
      const output = textLines(camera.stdout);
      const input = camera.stdin.getWriter();
      const timer = setInterval(() => input.write(dog).catch(() => {}), 100);
      try {
        expect((await output.next()).value).toBe(`http://${server.host}/cameras?id=pi`);
        const viewer = new TestClient(`ws://${server.host}/ws/cameras/pi`);
        await waitFor(() => JSON.stringify(viewer.messages).includes(`"label":"dog"`));
        await viewer.close();
      } finally {
        clearInterval(timer);
        // It ends where its input does.
        await input.close();
        await camera.status;
        await output.return(undefined);
      }
    }
  },
});

Deno.test({
  name: "the program that docs/clients.md shows prints what is in its image",
  ignore: isMissing("node"),
  async fn() {
    const document = new URL("../../docs/clients.md", import.meta.url);
    const [, program = ""] = /^```js\n(.*?)^```/ms.exec(await Deno.readTextFile(document)) ?? [];
    await using server = await startTestServer();
    await using folder = await installClient();
    await Deno.copyFile(DOG, `${folder.path}dog.jpg`);
    const here = program.replace("http://127.0.0.1:8000", `http://${server.host}`);
    await Deno.writeTextFile(`${folder.path}main.mjs`, here);
    const { stdout } = await new Deno.Command("node", {
      args: ["main.mjs"],
      cwd: folder.path,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).output();
    expect(new TextDecoder().decode(stdout)).toContain("label: 'dog'");
  },
});

Deno.test({
  name: "the example of a receiver takes signed events, and no others",
  ignore: isMissing("node"),
  async fn() {
    const port = String(freePort());
    const url = `http://127.0.0.1:${port}/`;
    const child = new Deno.Command("node", {
      args: [new URL("webhook.mjs", EXAMPLES).pathname],
      env: { EVENT_WEBHOOK_SECRET: "hush", PORT: port },
      stdout: "piped",
    }).spawn();
    const lines = textLines(child.stdout);
    expect((await lines.next()).value).toBe(`listening on port ${port}`);
    const post = async (body: string, headers = {}) => {
      const response = await fetch(url, { method: "POST", body, headers });
      await response.body?.cancel();
      return response.status;
    };
    expect(await post("{}")).toBe(401);
    const event = JSON.stringify(moment().event);
    expect(await post(event, { "X-Livesyte-Signature": signBody(event, "hash") })).toBe(401);
    await using server = await startTestServer({
      processor: { isValidPipeline: () => true, runOnFrame: () => Promise.reject() },
      environment: { EVENT_WEBHOOK_URL: url, EVENT_WEBHOOK_SECRET: "hush" },
    });
    server.services.events.record(moment({ atMs: Date.now() }));
    expect((await lines.next()).value).toMatch(/^2\S+Z door: Somebody at the door person$/);
    child.kill();
    await child.status;
    await lines.return(undefined);
  },
});

/** The name that Home Assistant gives an entity: that of its device and its own, in small letters and underscores. */
function entityId(component: string, { name, device }: { name: string; device: { name: string } }) {
  const words = `${device.name} ${name}`.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return `${component}.${words.join("_")}`;
}

Deno.test({
  name: "the example for Home Assistant has the topics and the entities of a real server",
  ignore: isMissing("mosquitto"),
  async fn() {
    const text = await Deno.readTextFile(new URL("home_assistant.yaml", EXAMPLES));
    const automations: { triggers: { topic?: string }[]; actions: unknown[] }[] = parse(text);
    expect(automations.length).toBeGreaterThan(3);
    const topics = automations.flatMap(({ triggers }) => triggers.map(({ topic }) => topic))
      .filter((topic) => topic !== undefined);
    // But the light, which is the reader's own.
    const entities = text.match(/\b(?:binary_sensor|sensor|image)\.[a-z]\w*/g) ?? [];
    expect([topics.length, entities.length > 3]).toEqual([2, true]);

    await using broker = await startBroker();
    await using listener = await listen(broker.url);
    await using server = await startTestServer({
      processor: { isValidPipeline: () => true, runOnFrame: () => Promise.reject() },
      environment: { MQTT_URL: broker.url },
    });
    const { events } = server.services;
    await events.start();
    events.noteRules(DOOR, [SOMEBODY]);
    events.record(moment());
    await until(() => topics.every((topic) => listener.newest.has(topic)));
    await until(() => listener.newest.has("homeassistant/sensor/livesyte_door/person/config"));
    const known = [...listener.newest].flatMap(([topic, payload]) => {
      const [, component = ""] = /^homeassistant\/(\w+)\//.exec(topic) ?? [];
      return component === "" ? [] : [entityId(component, JSON.parse(payload))];
    });
    expect(known).toEqual(expect.arrayContaining(entities));
    // The fields that its templates use.
    const event = JSON.parse(listener.newest.get("livesyte/door/somebody") ?? "");
    for (const [, field = ""] of text.matchAll(/payload_json\.(\w+)/g)) {
      expect([field, event[field]]).toEqual([field, expect.any(String)]);
    }
  },
});

Deno.test("every example is run by a test", async () => {
  const tests = await Promise.all(
    ["docs/examples_test.ts", "e2e/examples_test.ts"].map((path) =>
      Deno.readTextFile(new URL(`../${path}`, import.meta.url))
    ),
  );
  const files = Array.from(Deno.readDirSync(EXAMPLES), ({ name }) => name);
  expect(files.length).toBeGreaterThan(4);
  expect(files.filter((name) => !tests.join("").includes(`${name}"`))).toEqual([]);
});
