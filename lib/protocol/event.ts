/**
 * Events: what rules have noticed.
 *
 * @module
 */

import * as v from "valibot";
import { CameraIdSchema } from "./camera.ts";
import { BoundingBoxSchema } from "./geometry.ts";
import { RuleTypeSchema } from "./rule.ts";
import { count, share, text, time, uuid } from "./values.ts";

/** Schema of {@linkcode NoticedEvent}. */
export const NoticedEventSchema = v.object({
  /** The rule that noticed it. */
  rule_id: text,
  /** Its name for people. */
  rule_name: text,
  /** What made the rule notice it. */
  type: RuleTypeSchema,
  /** The class of the object; `null` for text outside of objects, and for a count of several classes. */
  label: v.nullable(text),
  /** The object's track; `null` where the event is not about one object. */
  track_id: v.nullable(count),
  /** How certain the model is of the object, or the reader of text outside of objects; `null` for a count. */
  confidence: v.nullable(share),
  /** Around the object or the text, in pixels of the frame; `null` for a count. */
  bbox: v.nullable(BoundingBoxSchema),
  /** The line that matches; `null` for other rules. */
  text: v.nullable(text),
  /** For `count` how many are there, for `cross` how many have gone this way so far; `null` for other rules. */
  count: v.nullable(count),
  /** For `cross`: `in` to the right-hand side of the line, `out` to the other; `null` for other rules. */
  direction: v.nullable(v.picklist(["in", "out"])),
});

/** What a rule noticed in one frame. */
export type NoticedEvent = v.InferOutput<typeof NoticedEventSchema>;

/** Schema of {@linkcode LiveEvent}. */
export const LiveEventSchema = v.object({
  /** The same wherever and however often the event is told. */
  event_id: uuid,
  ...NoticedEventSchema.entries,
  /** The camera that it was seen by; absent for a stream. */
  camera_id: v.exactOptional(CameraIdSchema),
  /** The stream that it was seen in; absent for a camera. */
  session_id: v.exactOptional(uuid),
  /** When the frame arrived. */
  timestamp: time,
  /** Path of the picture of that moment; `null` where there is none. */
  snapshot: v.nullable(text),
});

/** An event of a camera or a stream. */
export type LiveEvent = v.InferOutput<typeof LiveEventSchema>;

/** Schema of {@linkcode EventList}. */
export const EventListSchema = v.object({
  /** Newest first. */
  events: v.array(LiveEventSchema),
});

/** The answer of `GET /event`. */
export type EventList = v.InferOutput<typeof EventListSchema>;
