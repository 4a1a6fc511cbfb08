/** What people are told about events. */

import type { LiveEvent } from "../../protocol/event.ts";

/** What happened, such as `Person came in`. */
export function describeEvent({ type, label, count, direction, text }: LiveEvent): string {
  const who = label === null ? "Something" : capitalize(label);
  switch (type) {
    case "enter":
      return `${who} came in`;
    case "leave":
      return `${who} left`;
    case "dwell":
      return `${who} stays`;
    case "cross":
      return `${who} crossed ${direction === "in" ? "inwards" : "outwards"}, number ${count ?? 1}`;
    case "count":
      return `${count ?? 0} at once${label === null ? "" : `: ${label}`}`;
    case "text":
      return `Read “${text ?? ""}”`;
  }
}

/** Where it happened: the name of the camera, as far as it is known. */
export function describePlace(
  { camera_id }: LiveEvent,
  cameras: readonly { id: string; name: string }[],
): string {
  if (camera_id === undefined) return "A stream";
  return cameras.find(({ id }) => id === camera_id)?.name ?? camera_id;
}

/**
 * When it happened, in the words of this device: only the time where it was today.
 *
 * @param now Milliseconds since 1970.
 */
export function describeTime(timestamp: string, now: number): string {
  const at = new Date(timestamp);
  const isToday = at.toDateString() === new Date(now).toDateString();
  return isToday
    ? at.toLocaleTimeString([], { timeStyle: "medium" })
    : at.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
