/** Talks to the `/event` paths. */

import * as v from "valibot";
import { type LiveEvent, LiveEventSchema } from "../../protocol/event.ts";
import { apiUrl, read, request } from "../server_api.ts";

/** Which events are shown; empty texts are for all. */
export interface EventFilters {
  /** Id of a camera. */
  camera: string;
  /** Id of a rule. */
  rule: string;
  /** Class of an object. */
  label: string;
  /** How far back, in hours; 0 for all that are kept. */
  hours: number;
}

/** What is shown of a page that was opened without choices. */
export const ALL_EVENTS: EventFilters = { camera: "", rule: "", label: "", hours: 0 };

/** Most events that the server tells at once. */
export const MOST_AT_ONCE = 1000;

const EventListSchema = v.object({ events: v.array(LiveEventSchema) });

/**
 * Asks for events, newest first.
 *
 * @param options.limit Most that are asked for, from 1 to {@linkcode MOST_AT_ONCE}.
 * @param options.now Milliseconds since 1970.
 * @param options.before Id of the event that they are to be older than; the newest by default.
 * @throws {ApiError} If that fails.
 */
export async function fetchEvents(
  page: string,
  { camera, rule, label, hours }: EventFilters,
  { limit, now, before = "" }: { limit: number; now: number; before?: string },
): Promise<LiveEvent[]> {
  const query = {
    camera,
    rule,
    label,
    since: hours === 0 ? "" : new Date(now - hours * 3_600_000).toISOString(),
    before,
    limit: String(limit),
  };
  const given = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ""));
  return read(EventListSchema, await request(apiUrl(page, "/event", given))).events;
}

/** Deletes an event with its picture. @throws {ApiError} If that fails. */
export async function deleteEvent(page: string, id: string): Promise<void> {
  await request(apiUrl(page, `/event/${id}`), { method: "DELETE" });
}

/** The address from which the server sends events as they happen. */
export function eventStreamUrl(page: string): string {
  return apiUrl(page, "/event/stream");
}

/** The address of an event's picture; `null` where it has none. */
export function snapshotUrl(page: string, { snapshot }: LiveEvent): string | null {
  return snapshot === null ? null : apiUrl(page, snapshot);
}

/** Whether an event is among those that are shown. */
export function isShown(event: LiveEvent, { camera, rule, label }: EventFilters): boolean {
  return (camera === "" || event.camera_id === camera) &&
    (rule === "" || event.rule_id === rule) && (label === "" || event.label === label);
}
