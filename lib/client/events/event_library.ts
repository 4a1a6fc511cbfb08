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
  MOST_AT_ONCE,
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
  /** What has come since the newest request was sent, newest first; `undefined` once it is answered. */
  #arrived: LiveEvent[] | undefined;
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
  async showMore(): Promise<void> {
    const { events, limit } = this.#signals;
    const shown = events.value ?? [];
    const before = shown.at(-1)?.event_id;
    if (before === undefined) return this.refresh();
    await this.#ask({ limit: EVENTS_AT_ONCE, before }, (older) => {
      limit.value += EVENTS_AT_ONCE;
      return [...shown, ...older];
    });
  }

  /** Asks for the events. */
  refresh(): Promise<void> {
    const { limit } = this.#signals;
    limit.value = Math.min(limit.value, MOST_AT_ONCE);
    return this.#ask({ limit: limit.value }, (newest) => newest);
  }

  /** Asks for some events, and shows what `join` makes of them. */
  async #ask(
    wanted: { limit: number; before?: string },
    join: (list: LiveEvent[]) => LiveEvent[],
  ): Promise<void> {
    const { filters, hasMore, problem } = this.#signals;
    const request = ++this.#requests;
    this.#arrived = [];
    try {
      const list = await fetchEvents(this.#page, filters.value, { ...wanted, now: Date.now() });
      // A later request may have been answered before, with what is asked for now.
      if (request !== this.#requests) return;
      batch(() => {
        hasMore.value = list.length === wanted.limit;
        // What has come meanwhile may not be in the answer.
        this.#show(this.#arrived ?? [], join(list));
        problem.value = null;
      });
    } catch (error) {
      if (request !== this.#requests) return;
      // Somebody else has deleted the oldest one that is shown.
      if (wanted.before !== undefined && isMissing(error)) return this.refresh();
      problem.value = explainApiError(error, EXPLANATIONS);
    }
    this.#arrived = undefined;
  }

  /** Shows events and, below them, others, each once and as many as may be shown. */
  #show(newest: readonly LiveEvent[], others: readonly LiveEvent[]): void {
    const { events, limit, hasMore } = this.#signals;
    const ids = new Set(newest.map(({ event_id }) => event_id));
    const all = [...newest, ...others.filter(({ event_id }) => !ids.has(event_id))];
    if (all.length > limit.value) hasMore.value = true;
    events.value = all.slice(0, limit.value);
  }

  /** Deletes an event. */
  async remove({ event_id }: LiveEvent): Promise<void> {
    const { events, opened, hasMore, problem } = this.#signals;
    try {
      await deleteEvent(this.#page, event_id);
    } catch (error) {
      // It is gone all the same where somebody else was quicker.
      if (!isMissing(error)) {
        problem.value = explainApiError(error, EXPLANATIONS);
        return;
      }
    }
    batch(() => {
      events.value = events.value?.filter((event) => event.event_id !== event_id) ?? null;
      opened.value = null;
    });
    if (events.value?.length === 0 && hasMore.value) await this.refresh();
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
      this.#retry = setTimeout(() => {
        // It stays so until the person has entered the token.
        if (!this.#signals.problem.value?.asksForToken) this.#listen();
      }, RETRY_MS);
    };
  }

  #take(data: string): void {
    const event: unknown = JSON.parse(data);
    if (!v.is(LiveEventSchema, event)) return;
    const { events, filters, cameras, news, notifies } = this.#signals;
    if (!isShown(event, filters.value)) return;
    this.#arrived?.unshift(event);
    const sentence = `${event.rule_name}: ${describeEvent(event)}`;
    batch(() => {
      this.#show([event], events.value ?? []);
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

/** Whether there is no such event any more. */
function isMissing(error: unknown): boolean {
  return error instanceof ApiError && error.code === "event_not_found";
}

let pageLibrary: EventLibrary | undefined;

/** The one library of this page, which its islands share; made on the first call. */
export function eventLibrary(signals: EventSignals): EventLibrary {
  return pageLibrary ??= new EventLibrary(signals, location.href);
}
