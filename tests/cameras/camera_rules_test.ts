import { expect } from "expect";
import { parseConfig } from "../../lib/config.ts";
import type { FrameProcessor } from "../../lib/streaming/frame_processor.ts";
import { UserError } from "../../lib/user_error.ts";
import { Services } from "../../services.ts";
import { RememberedEvents } from "../events/remembered_events.ts";
import { emptyResult } from "../events/made_clip.ts";
import { MINIMAL_FRAME } from "../streaming/simulated_stream.ts";
import { openStream, startTestServer } from "../routes/test_server.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { waitFor } from "../video/wait_for.ts";
import { startCameraServer } from "./camera_server.ts";

/** A dog that walks from the left to the right, 40 pixels further with every frame of a stream. */
function walkingDog(): FrameProcessor {
  const frames = new Map<string, number>();
  return {
    isValidPipeline: (id) => ["test", "other"].includes(id),
    runOnFrame(_pipelineId, _index, _bytes, sessionId) {
      const frame = (frames.get(sessionId) ?? 0) + 1;
      frames.set(sessionId, frame);
      const dog = { label: "dog", class_id: 16, confidence: 0.9, track_id: 1 };
      const bbox: [number, number, number, number] = [Math.min(520, 40 * frame), 200, 100, 100];
      return Promise.resolve({ ...emptyResult(), detections: [{ ...dog, bbox }] });
    },
  };
}

const RIGHT = [[0.5, 0], [1, 0], [1, 1], [0.5, 1]];
const CROSS = { id: "middle", when: "cross", line: [[0.5, 0], [0.5, 1]] };

Deno.test("a camera looks with its rules, counts, and keeps the frame of the moment", async () => {
  const events = new RememberedEvents();
  await using cameras = await startCameraServer({ processor: walkingDog(), events });
  const enter = { id: "right", name: "Right half", when: "enter", zone: RIGHT, actions: ["mqtt"] };
  const view = await cameras.add({ rules: [enter, CROSS], always: true });
  expect(view.rules).toMatchObject([{ ...enter, cooldown_s: 30 }, CROSS]);
  await waitFor(() => events.moments.length >= 2);
  const atMs = Date.now();
  expect(events.moments.map(({ source, event, actions }) => [source, event.rule_id, actions]))
    .toEqual([
      [{ cameraId: "door", name: "Door" }, "right", ["mqtt"]],
      [{ cameraId: "door", name: "Door" }, "middle", ["webhook", "mqtt"]],
    ]);
  const [moment] = events.moments;
  expect(moment?.event).toMatchObject({
    rule_name: "Right half",
    type: "enter",
    label: "dog",
    track_id: 1,
    confidence: 0.9,
  });
  expect([...moment?.jpeg.subarray(0, 2) ?? []]).toEqual([0xff, 0xd8]);
  expect(Math.abs(atMs - (moment?.atMs ?? 0))).toBeLessThan(5000);
  expect(events.objects).toEqual([["door", {}], ["door", { dog: 1 }]]);
  const counts = async () => await (await cameras.server.fetch("/camera/door/counts")).json();
  expect(await counts()).toEqual({
    counts: [
      { rule_id: "right", inside: 1, in: 0, out: 0, events: 1 },
      { rule_id: "middle", inside: 0, in: 0, out: 1, events: 1 },
    ],
  });
  // What has not changed goes on, and a camera that is off shows nothing.
  const change = { rules: [CROSS], always: false };
  expect(await (await cameras.send("PATCH", "/camera/door", change)).json())
    .toMatchObject({ rules: [CROSS], url: view.url });
  expect(await counts())
    .toEqual({ counts: [{ rule_id: "middle", inside: 0, in: 0, out: 1, events: 1 }] });
  await cameras.becomes("idle");
  await waitFor(() => events.objects.length === 3);
  expect(events.objects.at(-1)).toEqual(["door", {}]);
  expect((await cameras.server.fetch("/camera/nowhere/counts")).status).toBe(404);
});

Deno.test("bad rules are refused with the place, and change nothing", async () => {
  await using cameras = await startCameraServer({ processor: walkingDog() });
  await cameras.add({ rules: [CROSS] });
  for (const [method, path] of [["POST", "/camera"], ["PATCH", "/camera/door"]] as const) {
    const definition = { id: "gate", name: "Gate", url: "rtsp://10.0.0.7/", pipeline_id: "test" };
    const rules = [CROSS, { id: "b", when: "enter", zone: [[0, 0], [1, 1], [1, 0], [0, 1]] }];
    const body = { ...(method === "POST" && definition), rules };
    const response = await cameras.send(method, path, body);
    expect([response.status, await response.json()]).toEqual([400, {
      error: "invalid_camera",
      detail:
        "Cannot use rules[1].zone: its edges cross or touch each other: give the corners in their order",
      field: "rules[1].zone",
    }]);
  }
  expect((await cameras.view()).rules).toMatchObject([CROSS]);
});

Deno.test("at the start, rules are checked against what the models find", async () => {
  await using directory = await temporaryDirectory();
  const file = `${directory.path}/file.json`;
  const write = (path: string, value: unknown) => Deno.writeTextFile(path, JSON.stringify(value));
  const door = { id: "door", name: "Door", url: "rtsp://10.0.0.7/", pipeline_id: "yolo_only" };
  const rules = [{ id: "a", when: "enter", classes: ["person", "peron"] }];
  const near = 'finds no "peron": it finds "person", ';
  // One that was added over HTTP, before there was another model, does not keep the server from starting.
  await write(`${directory.path}/cameras.json`, { cameras: [{ ...door, id: "old", rules }] });
  const environment = { DATA_DIR: directory.path, PIPELINE_WORKERS: "1", PIPELINE_THREADS: "2" };
  const failures: Record<string, [unknown, string]> = {
    CAMERAS_FILE: [
      { cameras: [door, { ...door, id: "gate", rules }] },
      `cameras[1].rules[0].classes[1]: the pipeline yolo_only ${near}`,
    ],
    RULES_FILE: [{ sets: { all: rules } }, `sets.all[0].classes[1]: the server ${near}`],
  };
  for (const [name, [content, problem]] of Object.entries(failures)) {
    await write(file, content);
    const services = new Services(parseConfig({ ...environment, [name]: file }));
    try {
      const error = await services.start().catch((error) => error);
      expect(error).toBeInstanceOf(UserError);
      expect(error.message).toContain(`Cannot use ${name} ${file}: ${problem}`);
      const text = [{ id: "a", name: "a", when: "text", pattern: "x" }];
      await expect(services.cameras.add({ ...door, id: "new", rules: text })).rejects.toThrow(
        'Cannot use rules[0].when: "text" cannot work, because the pipeline yolo_only reads no text',
      );
    } finally {
      await services.stop();
    }
  }
});

Deno.test("a stream looks with the set of rules that it asks for, and one without keeps nothing", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/rules.json`;
  await Deno.writeTextFile(path, JSON.stringify({ sets: { door: [CROSS] } }));
  const events = new RememberedEvents();
  await using server = await startTestServer({
    processor: walkingDog(),
    events,
    environment: { RULES_FILE: path },
  });
  await server.services.rules.load();
  const walk = async (query: string) => {
    const client = openStream(server, `?pipeline_id=test${query}`);
    await client.opened;
    for (let frame = 1; frame <= 12; frame++) {
      client.send(MINIMAL_FRAME.slice());
      await client.received(frame);
    }
    const [{ session_id = "" } = {}] = server.services.streams.registry.list();
    await client.close();
    return session_id;
  };
  await walk("");
  expect(events.moments).toEqual([]);
  const sessionId = await walk("&rules=door");
  expect(events.moments.map(({ source, event: { direction } }) => [source, direction]))
    .toEqual([[{ sessionId }, "out"]]);
  expect(events.moments[0]?.jpeg).toEqual(MINIMAL_FRAME);
  const refused = openStream(server, "?pipeline_id=test&rules=gate");
  expect(await refused.closed).toEqual({ code: 1008, reason: "invalid_rules" });
  expect(refused.messages).toEqual([{ error: "invalid_rules", detail: "Unknown rules: gate" }]);
});
