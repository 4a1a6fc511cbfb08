import type { JSX } from "preact";
import { cameraPage } from "../lib/client/cameras/camera_api.ts";
import { ALL_EVENTS } from "../lib/client/events/event_api.ts";
import { eventLibrary } from "../lib/client/events/event_library.ts";
import type { EventSignals } from "../lib/client/events/event_signals.ts";
import { Icon } from "./Icon.tsx";
import { ProblemNotice } from "./ProblemNotice.tsx";

/** What is said where there are no events: how to get some, or why they are not known. */
export function EventWelcome({ signals }: { signals: EventSignals }): JSX.Element {
  const { events, problem, filters } = signals;
  if (events.value === null && problem.value !== null) {
    return <ProblemNotice problem={problem.value} />;
  }
  if (events.value === null) {
    return (
      <div class="notice" data-phase="starting">
        <h2>Looking for events</h2>
        <span class="busy" aria-hidden="true" />
      </div>
    );
  }
  if (Object.values(filters.value).some((filter) => filter !== "" && filter !== 0)) {
    return (
      <div class="notice" data-phase="stopped">
        <h2>No event is like that</h2>
        <button
          type="button"
          class="button"
          onClick={() => eventLibrary(signals).filter(ALL_EVENTS)}
        >
          <span>Show all events</span>
        </button>
      </div>
    );
  }
  return (
    <div class="notice" data-phase="welcome">
      <div class="notice-body">
        <h2>Be told what happens while nobody looks</h2>
        <p>
          Give a camera a rule, such as “when a person stays at the door”, and what it notices
          appears here, with a picture.
        </p>
      </div>
      <a class="button primary" href={cameraPage(location.href, null)}>
        <Icon name="camera" />
        <span>Choose a camera</span>
      </a>
      <div class="notice-aside">
        <p>Rules are set on the page of a camera. Without rules nothing is kept.</p>
      </div>
    </div>
  );
}
