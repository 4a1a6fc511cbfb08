import { expect } from "expect";
import type { LiveEvent } from "../../lib/protocol/event.ts";
import { FOUND, startCameraServer } from "../cameras/camera_server.ts";
import { isMissing } from "../needs.ts";
import { until } from "./moments.ts";
import { listen, startBroker } from "./mosquitto.ts";
import { startReceiver } from "./receiver.ts";

const DOGS = { id: "dogs", name: "A dog", when: "count", classes: ["dog"], cooldown_s: 60 };

Deno.test({
  name:
    "what a rule of a camera notices is kept, told, and sent; without the rule nobody hears of it",
  ignore: isMissing("mosquitto"),
  async fn() {
    await using broker = await startBroker();
    await using listener = await listen(broker.url);
    await using receiver = startReceiver();
    const detections = FOUND.detections.map((each) => ({ ...each, track_id: 1 }));
    await using cameras = await startCameraServer({
      processor: {
        isValidPipeline: () => true,
        runOnFrame: () => Promise.resolve({ ...FOUND, detections }),
      },
      environment: { MQTT_URL: broker.url, EVENT_WEBHOOK_URL: receiver.url },
    });
    const { events } = cameras.server.services;
    await events.start();
    await cameras.add({ always: true, rules: [DOGS] });
    await until(() => receiver.taken.length > 0 && listener.newest.has("livesyte/door/dogs"));
    const { events: kept }: { events: LiveEvent[] } =
      await (await cameras.server.fetch("/event?camera=door&rule=dogs")).json();
    expect(kept).toHaveLength(1);
    expect(receiver.taken).toEqual(kept);
    expect(JSON.parse(listener.newest.get("livesyte/door/dogs") ?? "")).toEqual(kept[0]);
    const picture = await cameras.server.fetch(kept[0]?.snapshot ?? "");
    expect((await picture.bytes()).subarray(0, 2)).toEqual(Uint8Array.of(0xff, 0xd8));
    await until(() => listener.newest.get("livesyte/door/dog") === "1");
    const config = "homeassistant/binary_sensor/livesyte_door/dogs/config";
    await until(() => listener.newest.has(config));
    expect(JSON.parse(listener.newest.get(config) ?? "").name).toBe("A dog");

    await (await cameras.send("PATCH", "/camera/door", { rules: [] })).body?.cancel();
    await until(() => !listener.newest.has(config) && !listener.newest.has("livesyte/door/dog"));
    await (await cameras.send("PATCH", "/camera/door", { rules: [DOGS] })).body?.cancel();
    await until(() => listener.newest.has(config));
    await until(async () => (await events.list({ limit: 10 })).length === 2);
    await (await cameras.send("DELETE", "/camera/door")).body?.cancel();
    await until(() => !listener.newest.has(config));
    // What was noticed stays.
    expect(await events.list({ limit: 10 })).toHaveLength(2);
  },
});
