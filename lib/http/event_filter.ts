/**
 * Reads which events a request asks for.
 *
 * @module
 */

import type { EventFilter } from "../events/store/event_database.ts";
import { ApiError } from "./api.ts";
import { readQuery } from "./read_query.ts";

/** A time of ISO 8601 with its offset; without one, it would be another time for each reader. */
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})$/;

/** The filter of `GET /event`. @throws {ApiError} With 400 if a parameter is malformed */
export function readEventFilter(query: URLSearchParams): EventFilter {
  const { since, ...filter } = readQuery(query, "EventListQuery");
  return since === undefined ? filter : { ...filter, sinceMs: readTime(since) };
}

/** The time from which `GET /event/stream` tells events; `undefined` for now. @throws As {@linkcode readEventFilter} does */
export function readStreamStart(query: URLSearchParams): number | undefined {
  const { since } = readQuery(query, "EventStreamQuery");
  return since === undefined ? undefined : readTime(since);
}

/** The value of `since`, in milliseconds since 1970. */
function readTime(since: string): number {
  // A plus that was not encoded as %2B arrives as a space.
  const text = since.replace(/ (?=[\d:]+$)/, "+");
  const sinceMs = TIME.test(text) ? toMilliseconds(text) : undefined;
  if (sinceMs === undefined) {
    const detail = "Query parameter since must be a time such as 2026-11-26T12:00:00Z";
    throw new ApiError(400, "bad_request", detail);
  }
  return sinceMs;
}

/** Milliseconds since 1970; `undefined` for a day that does not exist, which `Date` takes for one of the next month. */
function toMilliseconds(time: string): number | undefined {
  try {
    return Temporal.Instant.from(time).epochMilliseconds;
  } catch {
    return undefined;
  }
}
