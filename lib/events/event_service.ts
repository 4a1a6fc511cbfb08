/**
 * The events of a server: what keeps them, tells them and sends them.
 *
 * @module
 */

import type { EventConfig } from "../events_config.ts";
import type { LiveEvent } from "../protocol/event.ts";
import type { Rule, RuleAction } from "../protocol/rule.ts";
import { DatabaseError, StorageFullError, StorageUnavailableError } from "../storage/errors.ts";
import { logEvent } from "../telemetry/log.ts";
import { eventMetrics } from "../telemetry/metrics.ts";
import { Outbox } from "./delivery/outbox.ts";
import { postEvent } from "./delivery/webhook.ts";
import { EventNotFoundError } from "./store/errors.ts";
import { EventFeed } from "./event_feed.ts";
import type { EventSink, EventSource, NoticedMoment } from "./event_sink.ts";
import { MqttPublisher } from "./mqtt/mqtt_publisher.ts";
import type { EventFilter } from "./store/event_database.ts";
import { EVENT_DATABASE_NAME, EventStore } from "./store/event_store.ts";

/** Memory of the events that wait to be written, in bytes; only where the disk hangs there are more. */
const MOST_UNWRITTEN_BYTES = 33_554_432;
/** Memory of an event beside its picture, in bytes. */
const EVENT_BYTES = 4096;
/** Rules whose events are counted by themselves, so that those who add and remove rules for ever do not fill the metrics. */
const MOST_COUNTED_RULES = 1000;
/** How long a store that could not be opened is left alone, in milliseconds. */
const OPEN_AGAIN_MS = 5000;
/** What can become of an attempt to send an event, as the metrics have it. */
const DELIVERY_RESULTS = ["delivered", "failed", "given_up"];
/** The shortest time between two lines of the log about events that are lost, in milliseconds: there may be hundreds a second. */
const LOST_SUMMARY_MS = 10_000;
/** How often outdated events are looked for, in milliseconds. */
const TRIM_MS = 600_000;

/** How long things wait, in milliseconds. */
export interface EventTiming {
  /** Before an event is sent again for the first time, and before the broker is tried again. */
  firstRetryMs: number;
  /** For the receiver of a webhook. */
  webhookMs: number;
  /** For the broker, to accept a connection or a message. */
  brokerMs: number;
  /** Between two rounds of counts over MQTT. */
  countIntervalMs: number;
  /** Between two signs of life of {@linkcode EventFeed}. */
  heartbeatMs: number;
}

const TIMING: EventTiming = {
  firstRetryMs: 1000,
  webhookMs: 5000,
  brokerMs: 10_000,
  countIntervalMs: 1000,
  heartbeatMs: 15_000,
};

/** Options of {@linkcode EventService}. */
export interface EventServiceOptions extends EventConfig {
  /** Holds the events; made when there is one. */
  dataDirectory: string;
  /** Bytes of the disk that stay free; see `DiskSpace`. */
  reserveBytes: number;
  /** Version of livesyte. */
  version: string;
  /** Others than those of real life, for tests. */
  timing?: Partial<EventTiming>;
}

/**
 * Keeps the events of a server, and sends them.
 *
 * The store is opened at the first event, or at the start when an earlier run has left one; without rules nothing is left on the
 * disk.
 */
export class EventService implements EventSink {
  readonly #options: EventServiceOptions;
  readonly #timing: EventTiming;
  readonly #feed: EventFeed;
  readonly #outboxes = new Map<RuleAction, Outbox>();
  readonly #countedRules = new Set<string>();
  #mqtt: MqttPublisher | undefined;
  #opening: Promise<EventStore> | undefined;
  #openAgainAt = Infinity;
  #writing: Promise<void> = Promise.resolve();
  #unwrittenBytes = 0;
  /** Those that no line of the log has told yet. */
  #lostEvents = 0;
  #logLostAtMs = 0;
  #trimming: ReturnType<typeof setInterval> | undefined;
  readonly #rules = new Map<string, { name: string; rules: readonly Rule[] }>();
  #isStopped = false;
  #isClosed = false;

  /** Opens nothing yet, and connects to nobody. */
  constructor(options: EventServiceOptions) {
    this.#options = options;
    this.#timing = { ...TIMING, ...options.timing };
    const findStore = () => this.#findStore();
    for (const target of this.#targets()) {
      eventMetrics.outbox.set({ target }, 0);
      for (const result of DELIVERY_RESULTS) eventMetrics.deliveries.inc({ target, result }, 0);
    }
    this.#feed = new EventFeed({ findStore, heartbeatMs: this.#timing.heartbeatMs });
  }

  /** Goes on with what an earlier run has left, and connects to the broker. A store that cannot be used is logged. */
  async start(): Promise<void> {
    const { mqtt, version } = this.#options;
    if (mqtt !== undefined) {
      this.#mqtt = new MqttPublisher({
        ...mqtt,
        ...this.#timing,
        version,
        openStore: () => this.#openStore(),
        findStore: () => this.#findStore(),
        onConnect: () => this.#outboxes.get("mqtt")?.retry(),
      });
      for (const [id, { name, rules }] of this.#rules) this.#mqtt.noteRules(id, name, rules);
    }
    try {
      await this.#findStore();
    } catch (error) {
      logEvent("error", "event_store_failed", messageOf(error));
    }
  }

  /** Ends the streams, writes what has been recorded, and lets go of the store; what is not sent is sent after the next start. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#trimming);
    this.#feed.close();
    await this.#writing;
    this.#isClosed = true;
    const outboxes = [...this.#outboxes.values()];
    await Promise.all([this.#mqtt?.stop(), ...outboxes.map((outbox) => outbox.stop())]);
    const store = await this.#opening?.catch(() => undefined);
    await store?.close().catch(() => {});
  }

  /** Keeps an event and sends it to where its rule says. */
  record(moment: NoticedMoment): void {
    const { rule_id, type } = moment.event;
    if (this.#countedRules.size < MOST_COUNTED_RULES) this.#countedRules.add(rule_id);
    const rule = this.#countedRules.has(rule_id) ? rule_id : "other";
    eventMetrics.events.inc({ rule, type });
    const bytes = EVENT_BYTES + moment.jpeg.length;
    // A single one is always taken, however large it is.
    const isFull = this.#unwrittenBytes > 0 && this.#unwrittenBytes + bytes > MOST_UNWRITTEN_BYTES;
    if (this.#isStopped || isFull) {
      this.#lose(rule_id, "Events come faster than the disk takes them");
      return;
    }
    this.#unwrittenBytes += bytes;
    this.#writing = this.#writing.then(() => this.#keep(moment)).catch((error) => {
      this.#lose(rule_id, messageOf(error));
    }).finally(() => {
      this.#unwrittenBytes -= bytes;
    });
  }

  /** Passes on how many objects a camera shows. */
  noteObjects(source: EventSource, countByLabel: ReadonlyMap<string, number>): void {
    if ("cameraId" in source) this.#mqtt?.noteObjects(source.cameraId, countByLabel);
  }

  /** Passes on the rules of a camera. */
  noteRules(source: EventSource, rules: readonly Rule[]): void {
    if (!("cameraId" in source)) return;
    const { cameraId, name } = source;
    if (rules.length === 0) this.#rules.delete(cameraId);
    else this.#rules.set(cameraId, { name, rules });
    this.#mqtt?.noteRules(cameraId, name, rules);
  }

  /**
   * Events, newest first.
   *
   * @throws {EventNotFoundError} If those before an event are wanted that is not there: where it was is not known
   * @throws {StorageUnavailableError} If the store cannot be used
   */
  async list(filter: EventFilter): Promise<LiveEvent[]> {
    if (filter.before !== undefined) await this.get(filter.before);
    const store = await this.#findStore();
    return await store?.database.call("list", filter) ?? [];
  }

  /** One event. @throws {EventNotFoundError} If there is none of this id */
  async get(id: string): Promise<LiveEvent> {
    return await (await this.#storeOf(id)).get(id);
  }

  /** Removes an event and its picture; what has not been sent of it is not sent. @throws As `get` does */
  async remove(id: string): Promise<void> {
    await (await this.#storeOf(id)).remove(id);
  }

  /** Where the picture of an event is. @throws As `get` does, also if it has none */
  async snapshotPath(id: string): Promise<string> {
    const store = await this.#storeOf(id);
    const { snapshot } = await store.get(id);
    if (snapshot === null) throw new EventNotFoundError("There is no picture of this event");
    return store.snapshots.path(id);
  }

  /** Every event from now on, or from a time on; see {@linkcode EventFeed.open}. */
  stream(
    lastId: string | null,
    sinceMs?: number,
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    return this.#feed.open(lastId, sinceMs);
  }

  /** Brings the metrics up to date. */
  async measure(): Promise<void> {
    const store = await this.#findStore().catch(() => undefined);
    for (const target of this.#targets()) {
      const count = await store?.database.call("waiting", target).catch(() => undefined);
      if (count !== undefined) eventMetrics.outbox.set({ target }, count);
    }
  }

  /** Counts an event that is not kept, and logs those since the last line if that was not a moment ago. */
  #lose(rule: string, reason: string): void {
    eventMetrics.lost.inc();
    this.#lostEvents += 1;
    const nowMs = performance.now();
    if (nowMs < this.#logLostAtMs) return;
    const events = this.#lostEvents;
    logEvent("error", "event_lost", "Events are not kept", { rule, reason, events });
    this.#lostEvents = 0;
    this.#logLostAtMs = nowMs + LOST_SUMMARY_MS;
  }

  /** Where events can be sent to. */
  #targets(): RuleAction[] {
    const { webhook, mqtt } = this.#options;
    return [...webhook ? ["webhook" as const] : [], ...mqtt ? ["mqtt" as const] : []];
  }

  async #keep({ source, event, actions, atMs, jpeg }: NoticedMoment): Promise<void> {
    const store = await this.#openStore();
    const targets = this.#targets().filter((target) => actions.includes(target));
    const origin = "cameraId" in source
      ? { camera_id: source.cameraId }
      : { session_id: source.sessionId };
    await store.add(
      {
        event_id: crypto.randomUUID(),
        ...event,
        ...origin,
        timestamp: new Date(atMs).toISOString(),
        snapshot: null,
      },
      jpeg,
      targets,
    );
    this.#feed.wake();
    for (const target of targets) this.#outboxes.get(target)?.wake();
  }

  /** The store, for an event that may be in it. */
  async #storeOf(id: string): Promise<EventStore> {
    const store = await this.#findStore();
    if (store === undefined) throw new EventNotFoundError(`There is no event ${id}`);
    return store;
  }

  /** The store; `undefined` if it has not been opened and an earlier run has left none. */
  async #findStore(): Promise<EventStore | undefined> {
    if (this.#opening !== undefined) return await this.#openStore();
    try {
      await Deno.stat(`${this.#options.dataDirectory}/${EVENT_DATABASE_NAME}`);
    } catch {
      return undefined;
    }
    return await this.#openStore();
  }

  /** The store, which is opened at the first time; if that fails, it is tried again a little later. */
  #openStore(): Promise<EventStore> {
    if (this.#isClosed && this.#opening === undefined) {
      return Promise.reject(new DatabaseError("The server is stopping"));
    }
    if (this.#opening === undefined || performance.now() >= this.#openAgainAt) {
      this.#openAgainAt = Infinity;
      this.#opening = this.#open();
      this.#opening.catch(() => this.#openAgainAt = performance.now() + OPEN_AGAIN_MS);
    }
    return this.#opening;
  }

  async #open(): Promise<EventStore> {
    const targets = this.#targets();
    const store = await EventStore.open({
      ...this.#options,
      targets,
      onUnsent: (unsent) => {
        for (const { target, count } of unsent) {
          eventMetrics.deliveries.inc({ target, result: "given_up" }, count);
          const message = "Events were removed before they could be sent";
          logEvent("error", "event_given_up", message, { target, events: count });
        }
      },
    });
    const { firstRetryMs } = this.#timing;
    for (const target of targets) {
      const deliver = (event: LiveEvent, signal: AbortSignal) => this.#send(target, event, signal);
      this.#outboxes.set(target, new Outbox({ target, store, deliver, firstRetryMs }));
    }
    this.#trimming = setInterval(() => void store.trim().catch(() => {}), TRIM_MS);
    return store;
  }

  async #send(target: RuleAction, event: LiveEvent, signal: AbortSignal): Promise<void> {
    const { webhook } = this.#options;
    if (target === "mqtt") await this.#mqtt?.deliver(event);
    else if (webhook) {
      await postEvent(event, { ...webhook, timeoutMs: this.#timing.webhookMs, signal });
    }
  }
}

/** What the log is told; messages of other errors may hold anything. */
function messageOf(error: unknown): string {
  const isPlain = error instanceof StorageFullError || error instanceof StorageUnavailableError;
  return isPlain ? error.message : "unexpected error";
}
