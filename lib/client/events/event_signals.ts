/** Everything that the islands of the events page share. */

import { type Signal, signal } from "@preact/signals";
import type { LiveEvent } from "../../protocol/event.ts";
import type { Explanation } from "../explanation.ts";
import { ALL_EVENTS, type EventFilters } from "./event_api.ts";

/** The signals of one events page. */
export interface EventSignals {
  /** Newest first; `null` before the server has answered. */
  events: Signal<LiveEvent[] | null>;
  /** Which of them are shown. */
  filters: Signal<EventFilters>;
  /** Most that are shown. */
  limit: Signal<number>;
  /** Whether there may be older ones than those that are shown. */
  hasMore: Signal<boolean>;
  /** The cameras that there are. */
  cameras: Signal<{ id: string; name: string }[]>;
  /** Whether events appear here as they happen. */
  isLive: Signal<boolean>;
  /** Whether the browser tells of events while the page is not seen. */
  notifies: Signal<boolean>;
  /** The event that is shown large; `null` for none. */
  opened: Signal<LiveEvent | null>;
  /** What went wrong last; `null` when all is well. */
  problem: Signal<Explanation | null>;
  /** What has happened, for those who do not see it; empty for nothing to be told. */
  news: Signal<string>;
}

/** How many events are shown at first, and how many more at a time. */
export const EVENTS_AT_ONCE = 60;

/** Creates the signals of one page, as they are before anything is known. */
export function createEventSignals(): EventSignals {
  return {
    events: signal<LiveEvent[] | null>(null),
    filters: signal(ALL_EVENTS),
    limit: signal(EVENTS_AT_ONCE),
    hasMore: signal(false),
    cameras: signal<{ id: string; name: string }[]>([]),
    isLive: signal(false),
    notifies: signal(false),
    opened: signal<LiveEvent | null>(null),
    problem: signal<Explanation | null>(null),
    news: signal(""),
  };
}
