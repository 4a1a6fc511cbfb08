import type { JSX } from "preact";
import { Pill } from "../components/Pill.tsx";
import type { EventSignals } from "../lib/client/events/event_signals.ts";

/** Whether events appear on the page as they happen. */
export function EventStatus({ signals: { isLive, events, problem } }: {
  signals: EventSignals;
}): JSX.Element {
  if (isLive.value) return <Pill status={{ tone: "live", word: "Live", figures: "" }} />;
  // Nothing is tried again before the person has entered the token.
  if (problem.value?.asksForToken) {
    return <Pill status={{ tone: "off", word: "Not connected", figures: "" }} />;
  }
  const word = events.value === null ? "Connecting" : "Reconnecting";
  return <Pill status={{ tone: "connecting", word, figures: "" }} />;
}
