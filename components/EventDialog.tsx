import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { cameraPage } from "../lib/client/cameras/camera_api.ts";
import { snapshotUrl } from "../lib/client/events/event_api.ts";
import { eventLibrary } from "../lib/client/events/event_library.ts";
import type { EventSignals } from "../lib/client/events/event_signals.ts";
import { describeEvent, describePlace } from "../lib/client/events/event_words.ts";
import type { Size } from "../lib/image/size.ts";
import type { LiveEvent } from "../lib/protocol/event.ts";
import { Dialog } from "./Dialog.tsx";
import { Icon } from "./Icon.tsx";

/** One event large: its picture with what was noticed, and what is known of it. */
export function EventDialog({ event, signals }: {
  event: LiveEvent;
  signals: EventSignals;
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const { camera_id } = event;
  return (
    <Dialog
      dialog={dialog}
      headingId="event-heading"
      closesBeside
      onClose={() => signals.opened.value = null}
    >
      <div class="dialog-body">
        <h2 id="event-heading">{describeEvent(event)}</h2>
        <EventPicture event={event} />
        <dl class="facts">
          {eventFacts(event, signals).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        <div class="dialog-actions">
          {camera_id !== undefined && (
            <a class="button" href={cameraPage(location.href, camera_id)}>
              <Icon name="watch" />
              <span>Show the camera</span>
            </a>
          )}
          <button
            type="button"
            class="button danger"
            onClick={() => eventLibrary(signals).remove(event)}
          >
            <Icon name="delete" />
            <span>Delete</span>
          </button>
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            <span>Close</span>
          </button>
        </div>
      </div>
    </Dialog>
  );
}

/** The picture of an event, with a frame around what was noticed. */
function EventPicture({ event }: { event: LiveEvent }): JSX.Element | null {
  const size = useSignal<Size | null>(null);
  const picture = snapshotUrl(location.href, event);
  if (picture === null) return <p class="empty">Its picture is no longer there.</p>;
  const [x, y, width, height] = event.bbox ?? [0, 0, 0, 0];
  return (
    <div class="screen event-large">
      <img
        src={picture}
        alt="What the camera saw"
        onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
          size.value = { width: naturalWidth, height: naturalHeight }}
      />
      {size.value !== null && event.bbox !== null && (
        <svg viewBox={`0 0 ${size.value.width} ${size.value.height}`} aria-hidden="true">
          <rect class="event-box" x={x} y={y} width={width} height={height} />
        </svg>
      )}
    </div>
  );
}

function eventFacts(event: LiveEvent, { cameras }: EventSignals): [name: string, value: string][] {
  const { rule_name, confidence, timestamp, track_id } = event;
  return [
    ["When", new Date(timestamp).toLocaleString([], { dateStyle: "full", timeStyle: "medium" })],
    ["Where", describePlace(event, cameras.value)],
    ["Rule", rule_name],
    ["Confidence", confidence === null ? "" : `${Math.round(confidence * 100)} %`],
    ["Object", track_id === null ? "" : `number ${track_id}`],
  ].filter((fact): fact is [string, string] => fact[1] !== "");
}
