/**
 * Tells a broker of MQTT what happens, what there is to be seen, and what Home Assistant has to know of it.
 *
 * @module
 */

import type { MqttConfig } from "../../events_config.ts";
import type { LiveEvent } from "../../protocol/event.ts";
import { MAX_CLASS_LENGTH, type Rule } from "../../protocol/rule.ts";
import type { EventStore } from "../store/event_store.ts";
import { discoveryMessages } from "./home_assistant.ts";
import { MqttConnection } from "./mqtt_connection.ts";
import { ObjectCounts } from "./object_counts.ts";
import { countTopic, eventTopic, parseCountTopic, snapshotTopic, STATUS_TOPIC } from "./topics.ts";

/** Larger pictures are not published: many brokers end the connection at a message of 1 MiB, and would do so again and again. */
const MOST_PICTURE_BYTES = 1_000_000;

/** Options of {@linkcode MqttPublisher}. */
export interface MqttPublisherOptions extends MqttConfig {
  /** Version of livesyte. */
  version: string;
  /** The store, which is opened for it. @throws {StorageUnavailableError} If it cannot be used */
  openStore: () => Promise<EventStore>;
  /** The store, if it is open or an earlier run has left one. */
  findStore: () => Promise<EventStore | undefined>;
  /** Told whenever the broker is there: events can be delivered. */
  onConnect: () => void;
  /** The first wait after the broker was lost, in milliseconds. */
  firstRetryMs: number;
  /** How long the broker may take to answer, in milliseconds. */
  brokerMs: number;
  /** The shortest time between two rounds of counts, in milliseconds. */
  countIntervalMs: number;
}

/** What is known of a camera. */
interface KnownCamera {
  name: string;
  rules: readonly Rule[];
}

/**
 * Keeps what the broker retains the same as what is true here: each round publishes the messages that have changed, and clears
 * those that are not true any more. Which ones there are is in the store, so that a camera that is removed while the server is
 * down disappears, too.
 */
export class MqttPublisher {
  readonly #options: MqttPublisherOptions;
  readonly #connection: MqttConnection;
  readonly #cameras = new Map<string, KnownCamera>();
  readonly #counts = new ObjectCounts();
  /** What was published over this connection, by topic. */
  #sent = new Map<string, string>();
  /** Topics under which the broker may retain something of this server, as they stand in the store. */
  #retained: Set<string> | undefined;
  readonly #announced = new Map<string, { key: string; messages: Map<string, string> }>();
  #round: Promise<void> | undefined;
  #isDirty = false;
  #isStopping = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Begins to connect. */
  constructor(options: MqttPublisherOptions) {
    this.#options = options;
    this.#connection = new MqttConnection({
      ...options,
      onConnect: () => {
        this.#sent = new Map();
        this.#refresh();
        options.onConnect();
      },
    });
  }

  /** Notes the rules of a camera, none when it is removed; those whose events go elsewhere only do not count. */
  noteRules(cameraId: string, name: string, all: readonly Rule[]): void {
    const rules = all.filter(({ actions }) => actions.includes("mqtt"));
    if (rules.length === 0) {
      this.#cameras.delete(cameraId);
      this.#announced.delete(cameraId);
      this.#counts.forget(cameraId);
    } else {
      this.#cameras.set(cameraId, { name, rules });
      this.#counts.keep(cameraId, (label) => isWanted(rules, label));
      this.#counts.expect(cameraId, rules.flatMap(({ classes }) => classes));
    }
    this.#refresh();
  }

  /** Notes how many objects a camera shows. */
  noteObjects(cameraId: string, countByLabel: ReadonlyMap<string, number>): void {
    const { rules = [] } = this.#cameras.get(cameraId) ?? {};
    if (rules.length === 0) return;
    if (this.#counts.note(cameraId, countByLabel, (label) => isWanted(rules, label))) {
      this.#refresh();
    }
  }

  /** Publishes an event, after the picture of it. @throws {DeliveryError} If the broker has not taken both */
  async deliver(event: LiveEvent): Promise<void> {
    const { camera_id, session_id = "", rule_id, event_id, snapshot } = event;
    const source = camera_id ?? session_id;
    await this.#connection.tried;
    const store = await this.#options.findStore();
    const jpeg = snapshot === null ? undefined : await store?.snapshots.read(event_id);
    if (jpeg !== undefined && jpeg.length <= MOST_PICTURE_BYTES) {
      // A stream never comes again, and nobody would clear what the broker retains of it.
      const retain = camera_id !== undefined && this.#cameras.has(camera_id);
      await this.#connection.publish(snapshotTopic(source, rule_id), jpeg, { retain });
    }
    await this.#connection.publish(eventTopic(source, rule_id), JSON.stringify(event));
  }

  /** Ends the connection. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    await this.#connection.stop();
    await this.#round;
  }

  /** Has what has changed be published: now or, if that has just been done, a little later. */
  #refresh(): void {
    this.#isDirty = true;
    if (this.#isStopping || this.#round !== undefined || this.#timer !== undefined) return;
    // Not at once, so that all cameras that are noted in a row are one round.
    this.#round = Promise.resolve().then(() => this.#publishChanges()).catch(() => {
      // The broker was lost, or the disk fails.
      this.#isDirty = true;
    }).finally(() => {
      this.#round = undefined;
      if (this.#isStopping) return;
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        if (this.#isDirty) this.#refresh();
      }, this.#options.countIntervalMs);
    });
  }

  async #publishChanges(): Promise<void> {
    this.#isDirty = false;
    // The next connection publishes everything.
    if (!this.#connection.isConnected) return;
    const sent = this.#sent;
    const publish = async (topic: string, payload: string) => {
      if (sent.get(topic) === payload) return;
      await this.#connection.publish(topic, payload, { retain: true });
      sent.set(topic, payload);
    };
    await publish(STATUS_TOPIC, "online");
    const { openStore, findStore } = this.#options;
    const store = this.#cameras.size > 0 ? await openStore() : await findStore();
    if (store === undefined) return;
    const retained = this.#retained ??= new Set(await store.database.call("retained"));
    this.#recallLabels(retained);
    const messages = this.#messages();
    const wanted = new Set([...messages.keys(), ...this.#pictureTopics()]);
    const added = [...wanted.difference(retained)];
    if (added.length > 0) await store.database.call("noteRetained", added, []);
    for (const topic of added) retained.add(topic);
    for (const topic of retained.difference(wanted)) {
      await this.#connection.publish(topic, "", { retain: true });
      sent.delete(topic);
      await store.database.call("noteRetained", [], [topic]);
      retained.delete(topic);
    }
    for (const [topic, payload] of messages) await publish(topic, payload);
  }

  /** Classes that were seen before the last start stay, with 0: Home Assistant forgets all about a sensor that goes away. */
  #recallLabels(retained: Iterable<string>): void {
    for (const topic of retained) {
      const { cameraId = "", label = "" } = parseCountTopic(topic) ?? {};
      const { rules = [] } = this.#cameras.get(cameraId) ?? {};
      if (isWanted(rules, label)) this.#counts.expect(cameraId, [label]);
    }
  }

  /** Every message that is to be retained, but pictures. */
  #messages(): Map<string, string> {
    const messages = new Map<string, string>();
    for (const [id, camera] of this.#cameras) {
      const ruleIds = new Set(camera.rules.map((rule) => rule.id));
      const counts = this.#counts.of(id);
      for (const [topic, payload] of this.#discovery(id, camera, counts)) {
        messages.set(topic, payload);
      }
      for (const [label, count] of counts) {
        messages.set(countTopic(id, label, ruleIds), String(count));
      }
    }
    return messages;
  }

  /** What Home Assistant is told of a camera, made anew only when that has changed: counts do so every second. */
  #discovery(
    id: string,
    { name, rules }: KnownCamera,
    counts: ReadonlyMap<string, number>,
  ): ReadonlyMap<string, string> {
    if (!this.#options.discovery) return new Map();
    const labels = [...counts.keys()];
    const key = JSON.stringify([name, rules, labels]);
    let announced = this.#announced.get(id);
    if (announced?.key !== key) {
      const camera = { id, name, rules, labels };
      announced = { key, messages: discoveryMessages(camera, this.#options.version) };
      this.#announced.set(id, announced);
    }
    return announced.messages;
  }

  #pictureTopics(): string[] {
    return [...this.#cameras].flatMap(([id, { rules }]) =>
      rules.map((rule) => snapshotTopic(id, rule.id))
    );
  }
}

/** Whether a rule counts objects of a class. A model may name one at any length, and topics have 65,535 bytes at most. */
function isWanted(rules: readonly Rule[], label: string): boolean {
  return label.length <= MAX_CLASS_LENGTH &&
    rules.some(({ when, classes }) =>
      when !== "text" && (classes.length === 0 || classes.includes(label))
    );
}
