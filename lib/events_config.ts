/**
 * The settings of events: how many are kept, and where they are sent to.
 *
 * @module
 */

import { ConfigError, type Environment, fail } from "./environment.ts";

/** A receiver of events over HTTP. */
export interface WebhookConfig {
  /** Where events are posted to; may hold a user and a password. */
  url: URL;
  /** What events are signed with; `undefined` for no signature. */
  secret: string | undefined;
}

/** A broker of MQTT that events are published to. */
export interface MqttConfig {
  /** Its address, with the scheme `mqtt`, `mqtts`, `ws` or `wss`; may hold a user and a password. */
  url: URL;
  /** Whether Home Assistant is told of cameras and rules. */
  discovery: boolean;
}

/** How events are kept and sent. */
export interface EventConfig {
  /** Most events that are kept. */
  maxEvents: number;
  /** How long they are kept, in milliseconds. */
  maxAgeMs: number;
  /** `undefined` for none. */
  webhook: WebhookConfig | undefined;
  /** `undefined` for none. */
  mqtt: MqttConfig | undefined;
}

const DAY_MS = 86_400_000;

/** Reads `EVENTS_MAX`, `EVENTS_MAX_DAYS`, `EVENT_WEBHOOK_*` and `MQTT_*`. @throws {ConfigError} If one is malformed */
export function readEvents(environment: Environment): EventConfig {
  const days = environment.number(
    "EVENTS_MAX_DAYS",
    14,
    "a number of days above 0, 3650 at most",
    (n) => n > 0 && n <= 3650,
  );
  return {
    maxEvents: environment.integer("EVENTS_MAX", 10_000, 1, 100_000),
    maxAgeMs: days * DAY_MS,
    webhook: readWebhook(environment),
    mqtt: readMqtt(environment),
  };
}

function readWebhook(environment: Environment): WebhookConfig | undefined {
  const secret = environment.text("EVENT_WEBHOOK_SECRET");
  const url = readUrl(environment, "EVENT_WEBHOOK_URL", ["http", "https"]);
  if (url !== undefined) return { url, secret };
  if (secret === undefined) return undefined;
  throw new ConfigError("Cannot use EVENT_WEBHOOK_SECRET without EVENT_WEBHOOK_URL");
}

function readMqtt(environment: Environment): MqttConfig | undefined {
  const discovery = environment.choice("MQTT_DISCOVERY", ["0", "1"], "1") === "1";
  const url = readUrl(environment, "MQTT_URL", ["mqtt", "mqtts", "ws", "wss"]);
  return url && { url, discovery };
}

function readUrl(
  environment: Environment,
  name: string,
  schemes: readonly string[],
): URL | undefined {
  const text = environment.text(name);
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  const isKnown = url !== null && schemes.includes(url.protocol.slice(0, -1)) &&
    url.hostname !== "";
  if (isKnown && canDecode(url)) return url;
  // All of it but the scheme may hold a secret.
  const scheme = /^[a-z][a-z\d+.-]{0,9}:/i.exec(text)?.[0] ?? "";
  const expected = `an address with a host, such as ${schemes[0]}://host/, and one of the schemes ${
    schemes.join(", ")
  }`;
  return fail(name, expected, `${scheme}…`);
}

/** Whether user and password are encoded as they should be. */
function canDecode({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}
