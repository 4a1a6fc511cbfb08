/**
 * The query parameters that paths take.
 *
 * @module
 */

import * as v from "valibot";
import { JobStatusSchema } from "./job.ts";
import { StreamNameSchema } from "./stream_name.ts";
import { text, time, uuid } from "./values.ts";
import { MAX_PAGE_RESULTS } from "./video_results.ts";

function wholeNumber(minimum: number, maximum: number) {
  return v.pipe(v.number(), v.integer(), v.minValue(minimum), v.maxValue(maximum));
}

const MOST_FRAMES = 100_000_000;

/** Of `POST /video/submit`. */
export const SubmitQuerySchema = v.object({
  /** The pipeline to run. */
  pipeline_id: v.optional(text, "yolo_ocr"),
  /** Processes every n-th frame; 1 for all. */
  frame_stride: v.optional(wholeNumber(1, MOST_FRAMES), 1),
  /** Ends after this many frames; 0 for all. */
  max_frames: v.optional(wholeNumber(0, MOST_FRAMES), 0),
});

/** Of `GET /video/jobs`. */
export const JobsQuerySchema = v.object({
  /** Only jobs of this status. */
  status: v.exactOptional(JobStatusSchema),
});

/** Of `DELETE /video/jobs`; at least one of them is required. */
export const ClearQuerySchema = v.object({
  /** Only jobs with this final status; all finished ones by default. */
  status: v.exactOptional(v.picklist(["completed", "failed", "cancelled", "all"])),
  /** Only jobs that ended at least this many hours ago; fractions are allowed. */
  older_than_h: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(1_000_000))),
});

/** Of `GET /video/results/:id`. */
export const ResultsQuerySchema = v.object({
  /** A page as JSON, or everything as JSON lines or CSV. */
  format: v.optional(v.picklist(["json", "jsonl", "csv"]), "json"),
  /** First result of the page. */
  offset: v.optional(wholeNumber(0, Number.MAX_SAFE_INTEGER), 0),
  /** Most results of the page. */
  limit: v.optional(wholeNumber(1, MAX_PAGE_RESULTS), 100),
});

/** Of `GET /video/events/:id`. */
export const EventsQuerySchema = v.object({
  /** Everything as one JSON object, as JSON lines, or as CSV. */
  format: v.optional(v.picklist(["json", "jsonl", "csv"]), "json"),
  /** The rules to look with: a list as JSON, or a set of `RULES_FILE`; those that the video was submitted with by default. */
  rules: v.exactOptional(text),
});

/** Of `WS /ws/video/stream`, beside the pipeline, for which a missing one is told after the upgrade. */
export const StreamNamingSchema = v.object({
  /** What the stream is called: 1 to 80 characters of one line, of which the first is no space. */
  name: v.exactOptional(StreamNameSchema),
  /**
   * A secret of the client, 22 to 128 letters, digits, `-` and `_`. Connections with the same one have the same session id, one
   * after the other, so that those who watch find the stream again.
   */
  stream_key: v.exactOptional(
    v.pipe(text, v.regex(/^[\w-]{22,128}$/, "22 to 128 letters, digits, - and _")),
  ),
});

/** Of `WS /ws/video/stream`. */
export const StreamQuerySchema = v.object({
  /** The pipeline to run. */
  pipeline_id: text,
  /** A set of rules in `RULES_FILE`; see docs/events.md. */
  rules: v.exactOptional(text),
  ...StreamNamingSchema.entries,
});

/** Of `WS /ws/video/watch`. */
export const WatchQuerySchema = v.object({
  /** The stream. */
  session_id: uuid,
  /** `1` to receive its frames as well. */
  frames: v.optional(v.picklist(["0", "1"]), "0"),
});

/** Of `WS /ws/cameras/:id`. */
export const CameraWatchQuerySchema = v.object({
  /** `1` to receive its frames as well. */
  frames: v.optional(v.picklist(["0", "1"]), "0"),
});

/** Of `GET /camera/:id/snapshot.jpg` and `GET /camera/:id/stream.mjpeg`. */
export const CameraImageQuerySchema = v.object({
  /** `1` to have what was found drawn in. */
  overlay: v.optional(v.picklist(["0", "1"]), "0"),
});

/** Of `GET /event`. */
export const EventListQuerySchema = v.object({
  /** Only events of this camera. */
  camera: v.exactOptional(text),
  /** Only events that the rule of this id noticed. */
  rule: v.exactOptional(text),
  /** Only events of objects of this class. */
  label: v.exactOptional(text),
  /** Only events of this time or later, such as `2026-11-26T12:00:00Z`. */
  since: v.exactOptional(time),
  /** Only events that are older than the one of this id, which has to be there: the next page. */
  before: v.exactOptional(uuid),
  /** Most events. */
  limit: v.optional(wholeNumber(1, 1000), 100),
});

/** Of `GET /event/stream`. */
export const EventStreamQuerySchema = v.object({
  /** Events from this time on come first, such as `2026-11-26T12:00:00Z`; the header `Last-Event-ID` says it more exactly. */
  since: v.exactOptional(time),
});
