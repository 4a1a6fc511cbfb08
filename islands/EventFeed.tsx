import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { EventCard } from "../components/EventCard.tsx";
import { EventDialog } from "../components/EventDialog.tsx";
import { EventFilterBar } from "../components/EventFilterBar.tsx";
import { EventWelcome } from "../components/EventWelcome.tsx";
import { ProblemText } from "../components/ProblemText.tsx";
import { eventLibrary } from "../lib/client/events/event_library.ts";
import type { EventSignals } from "../lib/client/events/event_signals.ts";

/** What rules have noticed, as it happens. */
export function EventFeed({ signals }: { signals: EventSignals }): JSX.Element {
  const { events, hasMore, opened, problem, news } = signals;
  useEffect(() => eventLibrary(signals).run(), []);
  const list = events.value ?? [];
  return (
    <>
      <div class="title">
        <h1>Events</h1>
        <EventFilterBar signals={signals} />
      </div>
      <p class="hidden" role="status">{news.value}</p>
      {events.value !== null && <ProblemText problem={problem.value} />}
      {list.length === 0 ? <EventWelcome signals={signals} /> : (
        <ul class="event-cards">
          {list.map((event) => <EventCard key={event.event_id} event={event} signals={signals} />)}
        </ul>
      )}
      {hasMore.value && (
        <button
          type="button"
          class="button more"
          onClick={() => eventLibrary(signals).showMore()}
        >
          <span>Show older ones</span>
        </button>
      )}
      {opened.value !== null && (
        <EventDialog key={opened.value.event_id} event={opened.value} signals={signals} />
      )}
    </>
  );
}
