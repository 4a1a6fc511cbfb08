/**
 * What a pipeline found in a video.
 *
 * @module
 */

import * as v from "valibot";
import { PipelineResultSchema } from "./result.ts";
import { count, duration, uuid } from "./values.ts";

/** Most results of one page. */
export const MAX_PAGE_RESULTS = 1000;

/** Schema of {@linkcode VideoFrameResult}. */
export const VideoFrameResultSchema = v.object({
  /** Counted from 0 in the file, whatever the stride. */
  frame_index: count,
  /** From the start of the file. */
  timestamp_ms: duration,
  /** Coordinates are pixels of the video as shown. */
  result: PipelineResultSchema,
  /** Set if the stored result can no longer be read: what was found is lost, and `result` is empty. */
  damaged: v.exactOptional(v.literal(true)),
});

/** What a pipeline found in one frame of a video, as stored and as sent. */
export type VideoFrameResult = v.InferOutput<typeof VideoFrameResultSchema>;

/** Schema of {@linkcode ResultsPage}. */
export const ResultsPageSchema = v.object({
  /** The job that found them. */
  job_id: uuid,
  /** Number of all results. */
  total: count,
  /** Number of results before this page. */
  offset: count,
  /** Most results of a page, as requested. */
  limit: count,
  /** In the order of the frames. */
  results: v.array(VideoFrameResultSchema),
});

/** One page of results, as `GET /video/results/:id` gives it. */
export type ResultsPage = v.InferOutput<typeof ResultsPageSchema>;
