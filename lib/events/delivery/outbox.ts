/**
 * Sends what waits for one target, in its order.
 *
 * @module
 */

import type { LiveEvent } from "../../protocol/event.ts";
import type { RuleAction } from "../../protocol/rule.ts";
import { logEvent } from "../../telemetry/log.ts";
import { eventMetrics } from "../../telemetry/metrics.ts";
import { DeliveryError, EventRefusedError } from "./errors.ts";
import type { OutboxEntry } from "../store/event_database.ts";
import type { EventStore } from "../store/event_store.ts";
import { RefusedEvents } from "./refused_events.ts";
import { retryDelay } from "./retry_delay.ts";
import { WakeUp } from "../wake_up.ts";

/** How long it takes until the store is asked again when the disk did not let it, in milliseconds. */
const STORE_RETRY_MS = 5000;

/** Options of {@linkcode Outbox}. */
export interface OutboxOptions {
  /** Where the events are sent to. */
  target: RuleAction;
  /** Holds them. */
  store: EventStore;
  /**
   * Sends one.
   *
   * @throws {EventRefusedError} If the target does not want this one, and others may be sent
   * @throws {DeliveryError} If it cannot be told to have arrived
   */
  deliver: (event: LiveEvent, signal: AbortSignal) => Promise<void>;
  /** The first wait after a failure, in milliseconds. */
  firstRetryMs: number;
}

/**
 * Sends events until the target has taken each one, or a day has passed. While one is failing, those behind it wait, since they
 * are to arrive in their order; nothing else waits for it. One that the target refuses steps aside: it is tried again at times of
 * its own, and holds nothing up.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #stopping = new AbortController();
  readonly #more = new WakeUp();
  readonly #retry = new WakeUp();
  readonly #refused: RefusedEvents;
  readonly #ended: Promise<void>;
  #failures = 0;
  #retries = 0;
  #hasMore = false;

  /** Begins to send what waits. */
  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#refused = new RefusedEvents(options.firstRetryMs);
    this.#ended = this.#run();
  }

  /** Says that there may be something to send. */
  wake(): void {
    this.#hasMore = true;
    this.#more.wake();
  }

  /** Ends the wait after a failure: the target is there again. */
  retry(): void {
    this.#retries += 1;
    this.#retry.wake();
  }

  /** Ends sending; what has not arrived is sent after the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort(new DeliveryError("The server is stopping"));
    this.#more.wake();
    this.#retry.wake();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { store, target } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#hasMore = false;
      try {
        const waiting = this.#refused.waiting();
        const entry = await store.database.call("next", target, waiting);
        if (entry !== undefined) {
          await this.#send(entry);
          continue;
        }
        // Others have been removed from the outbox.
        this.#refused.keepOnly(waiting);
        if (!this.#hasMore && !signal.aborted) await this.#more.wait(this.#refused.untilNext());
      } catch (error) {
        if (signal.aborted) return;
        this.#log("error", "event_store_failed", "Events cannot be read from the disk", error);
        await this.#retry.wait(STORE_RETRY_MS);
      }
    }
  }

  /** Tries to send an event once, and waits if nothing can be sent now. @throws What the store throws */
  async #send(entry: OutboxEntry): Promise<void> {
    const { target, deliver } = this.#options;
    const { signal } = this.#stopping;
    const retries = this.#retries;
    try {
      await deliver(entry.event, signal);
    } catch (error) {
      if (signal.aborted) return;
      eventMetrics.deliveries.inc({ target, result: "failed" });
      const isTriedAgain = error instanceof EventRefusedError
        ? await this.#setAside(entry, error)
        : await this.#waitAfter(entry, error, retries);
      if (isTriedAgain) return;
      const message = "An event could not be delivered for a day";
      this.#log("error", "event_given_up", message, error, entry.event);
      await this.#settle(entry.key, "given_up");
      return;
    }
    if (this.#failures > 0) {
      const message = "Events are being delivered again";
      logEvent("info", "event_delivery", message, { target, failures: this.#failures });
    }
    this.#failures = 0;
    await this.#settle(entry.key, "delivered");
  }

  /** Lets those behind an event go first that is refused. @returns Whether it is tried again */
  async #setAside({ key, event, failingSinceMs }: OutboxEntry, error: Error): Promise<boolean> {
    const now = Date.now();
    if (this.#refused.size === 0) {
      const message = "An event is refused: it is tried again, and others are sent meanwhile";
      this.#log("warning", "event_not_delivered", message, error, event);
    }
    await this.#options.store.database.call("noteRefused", key, now);
    return this.#refused.add(key, now - (failingSinceMs ?? now));
  }

  /**
   * Waits after a failure that others would share.
   *
   * @param retries The calls of `retry` before the attempt
   * @returns Whether the event is tried again
   */
  async #waitAfter(
    { failingSinceMs }: OutboxEntry,
    error: unknown,
    retries: number,
  ): Promise<boolean> {
    const { store, target, firstRetryMs } = this.#options;
    const now = Date.now();
    const delay = retryDelay(++this.#failures, now - (failingSinceMs ?? now), firstRetryMs);
    if (this.#failures === 1) {
      this.#log("warning", "event_not_delivered", "An event cannot be delivered now", error);
    }
    await store.database.call("noteFailing", target, now);
    if (delay === undefined) {
      this.#failures = 0;
      return false;
    }
    // Unless the target has come back since the attempt began.
    if (retries === this.#retries && !this.#stopping.signal.aborted) await this.#retry.wait(delay);
    return true;
  }

  async #settle(key: number, result: "delivered" | "given_up"): Promise<void> {
    const { store, target } = this.#options;
    eventMetrics.deliveries.inc({ target, result });
    await store.database.call("settle", key);
    this.#refused.delete(key);
  }

  #log(
    level: "warning" | "error",
    event: "event_not_delivered" | "event_given_up" | "event_store_failed",
    message: string,
    error: unknown,
    about?: LiveEvent,
  ): void {
    // Messages of other errors may hold addresses, and with them secrets.
    const reason = error instanceof DeliveryError ? error.message : "unexpected error";
    const { target } = this.#options;
    logEvent(level, event, message, {
      target,
      reason,
      ...about && { event_id: about.event_id, rule: about.rule_id },
    });
  }
}
