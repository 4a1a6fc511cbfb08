import type { JSX } from "preact";
import { snapshotUrl } from "../lib/client/events/event_api.ts";
import type { EventSignals } from "../lib/client/events/event_signals.ts";
import { describeEvent, describePlace, describeTime } from "../lib/client/events/event_words.ts";
import type { LiveEvent } from "../lib/protocol/event.ts";

/** One event among others; the whole of it opens the large picture. */
export function EventCard({ event, signals: { opened, cameras } }: {
  event: LiveEvent;
  signals: EventSignals;
}): JSX.Element {
  const picture = snapshotUrl(location.href, event);
  return (
    <li class="event-card">
      <div class="screen event-picture">
        {picture === null
          ? <span class="event-blank">No picture</span>
          : <img src={picture} alt="" loading="lazy" decoding="async" />}
      </div>
      <div class="event-bar">
        <h2>
          <button type="button" class="event-open" onClick={() => opened.value = event}>
            {describeEvent(event)}
          </button>
        </h2>
        <p>
          {event.rule_name} · {describePlace(event, cameras.value)} ·{" "}
          <time dateTime={event.timestamp}>{describeTime(event.timestamp, Date.now())}</time>
        </p>
      </div>
    </li>
  );
}
