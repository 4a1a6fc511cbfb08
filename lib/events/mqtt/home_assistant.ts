/**
 * What Home Assistant is told of cameras and rules, so that they appear there by themselves.
 *
 * Source: https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery, and the pages of the MQTT binary sensor, sensor and
 * image.
 *
 * @module
 */

import type { Rule } from "../../protocol/rule.ts";
import { countTopic, eventTopic, snapshotTopic, STATUS_TOPIC } from "./topics.ts";

/** How long the binary sensor of a rule stays on after an event, in seconds. */
const OFF_DELAY_S = 30;

/** A camera, as Home Assistant is to know it. */
export interface AnnouncedCamera {
  /** Its id. */
  id: string;
  /** Its name for people. */
  name: string;
  /** Its rules. */
  rules: readonly Rule[];
  /** The classes of which it is told how many are there. */
  labels: Iterable<string>;
}

/** The messages for a camera, by their topics; all of them are to be retained. */
export function discoveryMessages(
  { id, name, rules, labels }: AnnouncedCamera,
  version: string,
): Map<string, string> {
  const node = `livesyte_${id}`;
  const ruleIds = new Set(rules.map((rule) => rule.id));
  const shared = {
    availability_topic: STATUS_TOPIC,
    qos: 1,
    device: { identifiers: [node], name, manufacturer: "livesyte", sw_version: version },
    origin: { name: "livesyte", sw_version: version },
  };
  const messages = new Map<string, string>();
  const announce = (component: string, object: string, config: Record<string, unknown>) => {
    const unique_id = `${node}_${object}_${component}`;
    const topic = `homeassistant/${component}/${node}/${object}/config`;
    messages.set(topic, JSON.stringify({ ...config, unique_id, ...shared }));
  };
  for (const rule of rules) {
    const ruleName = rule.name ?? rule.id;
    announce("binary_sensor", rule.id, {
      name: ruleName,
      state_topic: eventTopic(id, rule.id),
      // Every event switches it on, and nothing but the time switches it off.
      value_template: "{{ 'ON' }}",
      off_delay: OFF_DELAY_S,
      json_attributes_topic: eventTopic(id, rule.id),
    });
    announce("image", rule.id, {
      name: `${ruleName}: last event`,
      image_topic: snapshotTopic(id, rule.id),
      content_type: "image/jpeg",
    });
  }
  for (const label of labels) {
    announce("sensor", toObjectId(label), {
      name: label,
      state_topic: countTopic(id, label, ruleIds),
      state_class: "measurement",
    });
  }
  return messages;
}

/** A text of any characters as one of those that Home Assistant allows in a topic, without two becoming the same. */
function toObjectId(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const plain = /[a-zA-Z0-9-]/;
  return Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    return plain.test(character) ? character : `_${byte.toString(16).padStart(2, "0")}`;
  }).join("");
}
