/**
 * What rules notice in a video.
 *
 * @module
 */

import * as v from "valibot";
import { NoticedEventSchema } from "./event.ts";
import { RuleCountsSchema } from "./rule.ts";
import { count, duration, uuid } from "./values.ts";

/** Schema of {@linkcode VideoEvent}. */
export const VideoEventSchema = v.object({
  /** The frame in which it was noticed, counted from 0 in the file, whatever the stride. */
  frame_index: count,
  /** From the start of the file. */
  timestamp_ms: duration,
  ...NoticedEventSchema.entries,
});

/** What a rule noticed in a frame of a video; places are pixels of the video as shown. */
export type VideoEvent = v.InferOutput<typeof VideoEventSchema>;

/** Schema of {@linkcode VideoEvents}. */
export const VideoEventsSchema = v.object({
  /** The job that looked at the video. */
  job_id: uuid,
  /** In the order of the frames. */
  events: v.array(VideoEventSchema),
  /** What each rule has counted by the end of the video. */
  counts: v.array(RuleCountsSchema),
});

/** The answer of `GET /video/events/:id`. */
export type VideoEvents = v.InferOutput<typeof VideoEventsSchema>;
