import Ajv2020 from "ajv/dist/2020.js";
import { expect } from "expect";
import { discoveryMessages } from "../../../lib/events/mqtt/home_assistant.ts";
import { SOMEBODY } from "../moments.ts";

const string = { type: "string", minLength: 1 };
const ALLOWED_TOPIC = /^homeassistant\/[a-z_]+\/[a-zA-Z0-9_-]+\/[a-zA-Z0-9_-]+\/config$/;

/** What Home Assistant documents for all of its MQTT entities, of what is used or may come to be. */
const COMMON = {
  name: string,
  unique_id: string,
  availability_topic: string,
  payload_available: string,
  payload_not_available: string,
  qos: { enum: [0, 1, 2] },
  icon: string,
  entity_category: string,
  enabled_by_default: { type: "boolean" },
  encoding: { type: "string" },
  json_attributes_topic: string,
  json_attributes_template: string,
  device: {
    type: "object",
    properties: {
      identifiers: { type: "array", items: string, minItems: 1 },
      name: string,
      manufacturer: string,
      model: string,
      sw_version: string,
      hw_version: string,
      configuration_url: string,
      suggested_area: string,
      via_device: string,
    },
    required: ["identifiers"],
    additionalProperties: false,
  },
  origin: {
    type: "object",
    properties: { name: string, sw_version: string, support_url: string },
    required: ["name"],
    additionalProperties: false,
  },
};

/** The pages of the documentation, each as a schema: https://www.home-assistant.io/integrations/<component>.mqtt/. */
const COMPONENTS: Record<string, { properties: Record<string, unknown>; required: string[] }> = {
  binary_sensor: {
    properties: {
      state_topic: string,
      value_template: string,
      payload_on: string,
      payload_off: string,
      off_delay: { type: "integer", minimum: 1 },
      device_class: string,
      expire_after: { type: "integer" },
      force_update: { type: "boolean" },
    },
    required: ["state_topic"],
  },
  sensor: {
    properties: {
      state_topic: string,
      value_template: string,
      state_class: { enum: ["measurement", "total", "total_increasing"] },
      unit_of_measurement: string,
      device_class: string,
      suggested_display_precision: { type: "integer" },
      expire_after: { type: "integer" },
      force_update: { type: "boolean" },
    },
    required: ["state_topic"],
  },
  image: {
    properties: {
      image_topic: string,
      content_type: { enum: ["image/jpeg"] },
      image_encoding: { enum: ["b64"] },
    },
    // Instead of url_topic, which cannot be given beside it.
    required: ["image_topic"],
  },
};

/** A device belongs to an entity only where that has a unique id. */
const ALWAYS = ["unique_id", "device", "origin", "availability_topic"];

Deno.test("Home Assistant is told what its documentation allows, and all that it requires", () => {
  const ajv = new Ajv2020.default();
  const labels = ["person", "cell phone", "Füße/+#", "_", "-"];
  const camera = { id: "front-door", name: "Front door", rules: [SOMEBODY], labels };
  const messages = discoveryMessages(camera, "1.2.3");
  const ids = new Set<string>();
  for (const [topic, payload] of messages) {
    expect(topic).toMatch(ALLOWED_TOPIC);
    const component = topic.split("/")[1] ?? "";
    const { properties = {}, required = [] } = COMPONENTS[component] ?? {};
    const validate = ajv.compile({
      type: "object",
      properties: { ...COMMON, ...properties },
      required: [...ALWAYS, ...required],
      additionalProperties: false,
    });
    const config = JSON.parse(payload);
    validate(config);
    expect([topic, validate.errors]).toEqual([topic, null]);
    ids.add(config.unique_id);
    for (const name of ["state_topic", "image_topic", "json_attributes_topic"]) {
      expect(config[name] ?? "").not.toMatch(/[+#]/);
    }
  }
  expect(messages.size).toBe(2 + labels.length);
  expect(ids.size).toBe(messages.size);
});

Deno.test("the entities of a camera are one device, named for people", () => {
  const camera = { id: "door", name: "Front door", rules: [SOMEBODY], labels: ["person"] };
  const configs = Object.fromEntries(
    [...discoveryMessages(camera, "1.2.3")].map(([topic, json]) => [topic, JSON.parse(json)]),
  );
  const device = {
    identifiers: ["livesyte_door"],
    name: "Front door",
    manufacturer: "livesyte",
    sw_version: "1.2.3",
  };
  expect(configs["homeassistant/binary_sensor/livesyte_door/somebody/config"]).toMatchObject({
    name: "Somebody at the door",
    state_topic: "livesyte/door/somebody",
    // Without an end of its own, it would stay on for ever.
    off_delay: 30,
    device,
  });
  expect(configs["homeassistant/image/livesyte_door/somebody/config"])
    .toMatchObject({ image_topic: "livesyte/door/somebody/snapshot", device });
  expect(configs["homeassistant/sensor/livesyte_door/person/config"])
    .toMatchObject({ name: "person", state_topic: "livesyte/door/person", device });
});
