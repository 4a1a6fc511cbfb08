/** What the events page does: keeps the list of events up to date as they happen, and deletes them. */

import { batch } from "@preact/signals";
import * as v from "valibot";
import { type LiveEvent, LiveEventSchema } from "../../protocol/event.ts";
import { fetchCameras } from "../cameras/camera_api.ts";
import type { Explanation } from "../explanation.ts";
import { ApiError, explainApiError } from "../server_api.ts";
import {
  deleteEvent,
  type EventFilters,
  eventStreamUrl,
  fetchEvents,
  isShown,
  snapshotUrl,
} from "./event_api.ts";
import { EVENTS_AT_ONCE, type EventSignals } from "./event_signals.ts";
import { describeEvent, describePlace } from "./event_words.ts";
import { notify } from "./notifications.ts";

/** Time between two attempts to hear of events, where the browser does not try by itself. */
const RETRY_MS = 5000;

const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  event_not_found: { title: "This event is no longer there", remedy: "" },
};

/** The events of one page. */
export class EventLibrary {
  readonly #signals: EventSignals;
  readonly #page: string;
  #requests = 0;
  #source: EventSource | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  /**
   * Asks the server for nothing yet: that begins with `run`.
   *
   * @param page Address of the page.
   */
  constructor(signals: EventSignals, page: string) {
    this.#signals = signals;
    this.#page = page;
  }

  /**
   * Keeps the list up to date.
   *
   * @returns Ends it.
   */
  run(): () => void {
    this.#listen();
    this.#loadCameras();
    return () => {
      clearTimeout(this.#retry);
      this.#source?.close();
    };
  }

  /** Shows only some of the events, or all. */
  filter(changes: Partial<EventFilters>): Promise<void> {
    const { filters, limit } = this.#signals;
    batch(() => {
      filters.value = { ...filters.value, ...changes };
      limit.value = EVENTS_AT_ONCE;
    });
    return this.refresh();
  }

  /** Shows older ones too. */
  showMore(): Promise<void> {
    this.#signals.limit.value += EVENTS_AT_ONCE;
    return this.refresh();
  }

  /** Asks for the events. */
  async refresh(): Promise<void> {
    const { events, filters, limit, problem } = this.#signals;
    const request = ++this.#requests;
    try {
      const list = await fetchEvents(this.#page, filters.value, limit.value, Date.now());
      // A later request may have been answered before, with what is asked for now.
      if (request !== this.#requests) return;
      batch(() => {
        events.value = list;
        problem.value = null;
      });
    } catch (error) {
      if (request === this.#requests) problem.value = explainApiError(error, EXPLANATIONS);
    }
  }

  /** Deletes an event. */
  async remove({ event_id }: LiveEvent): Promise<void> {
    const { events, opened, problem } = this.#signals;
    try {
      await deleteEvent(this.#page, event_id);
    } catch (error) {
      // It is gone all the same where somebody else was quicker.
      if (!(error instanceof ApiError) || error.code !== "event_not_found") {
        problem.value = explainApiError(error, EXPLANATIONS);
        return;
      }
    }
    batch(() => {
      events.value = events.value?.filter((event) => event.event_id !== event_id) ?? null;
      opened.value = null;
    });
  }

  #listen(): void {
    const source = new EventSource(eventStreamUrl(this.#page));
    this.#source = source;
    const { isLive } = this.#signals;
    source.onopen = () => {
      isLive.value = true;
      // What has happened before, or while there was no connection.
      this.refresh();
    };
    source.onmessage = ({ data }) => this.#take(data);
    source.onerror = () => {
      isLive.value = false;
      if (this.#signals.events.value === null) this.refresh();
      if (source.readyState !== EventSource.CLOSED) return;
      this.#retry = setTimeout(() => this.#listen(), RETRY_MS);
    };
  }

  #take(data: string): void {
    const event: unknown = JSON.parse(data);
    if (!v.is(LiveEventSchema, event)) return;
    const { events, filters, limit, cameras, news, notifies } = this.#signals;
    if (!isShown(event, filters.value)) return;
    const others = (events.value ?? []).filter(({ event_id }) => event_id !== event.event_id);
    const sentence = `${event.rule_name}: ${describeEvent(event)}`;
    batch(() => {
      events.value = [event, ...others].slice(0, limit.value);
      news.value = sentence;
    });
    if (!notifies.value || !document.hidden) return;
    const icon = snapshotUrl(this.#page, event);
    notify(sentence, { body: describePlace(event, cameras.value), tag: event.event_id, icon });
  }

  async #loadCameras(): Promise<void> {
    try {
      this.#signals.cameras.value = (await fetchCameras(this.#page)).cameras;
    } catch {
      // Events name their cameras by their ids then.
    }
  }
}

let pageLibrary: EventLibrary | undefined;

/** The one library of this page, which its islands share; made on the first call. */
export function eventLibrary(signals: EventSignals): EventLibrary {
  return pageLibrary ??= new EventLibrary(signals, location.href);
}
