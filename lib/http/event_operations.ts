/**
 * The paths of events and what they take and answer.
 *
 * @module
 */

import type { Operation } from "./openapi_operations.ts";

/** All of them, in the order in which they are shown. */
export const EVENT_OPERATIONS: readonly Operation[] = [
  {
    path: "/event",
    method: "get",
    summary: "The events that are kept, newest first",
    guarded: true,
    query: "EventListQuery",
    answer: "EventList",
    errors: [400, 404, 503],
  },
  {
    path: "/event/{id}",
    method: "get",
    summary: "One event",
    guarded: true,
    answer: "LiveEvent",
    errors: [404, 503],
  },
  {
    path: "/event/{id}",
    method: "delete",
    summary: "Removes an event and its picture; it is not sent any more",
    guarded: true,
    answer: undefined,
    status: 204,
    errors: [404, 503],
  },
  {
    path: "/event/{id}/snapshot.jpg",
    method: "get",
    summary: "The frame in which an event was noticed",
    guarded: true,
    answer: "image/jpeg",
    errors: [404, 416, 503],
  },
  {
    path: "/event/stream",
    method: "get",
    summary:
      "Every event from now on, as server-sent events without end; with the header Last-Event-ID, those since then first",
    guarded: true,
    query: "EventStreamQuery",
    answer: "text/event-stream",
    errors: [400, 503],
  },
];
