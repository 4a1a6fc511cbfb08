/**
 * A stream that is open now, as those see it who may want to watch it.
 *
 * @module
 */

import * as v from "valibot";
import { count, text, time, uuid } from "./values.ts";

/** Schema of {@linkcode SessionSummary}. */
export const SessionSummarySchema = v.object({
  /** Chosen by the server. */
  session_id: uuid,
  /** For people: that of the camera, or the one that the client has given; left out where it gave none. */
  name: v.exactOptional(text),
  /** The pipeline that every frame runs through. */
  pipeline_id: text,
  /** When the stream began. */
  created_at: time,
  /** Valid frames so far; the index of the newest, 0 before the first. */
  frame_index: count,
});

/** The part of a session that the page shows. */
export type SessionSummary = v.InferOutput<typeof SessionSummarySchema>;

/** Schema of the part of `GET /sessions` that the page reads. */
export const SessionSummariesSchema = v.object({
  /** Oldest first. */
  sessions: v.array(SessionSummarySchema),
});
