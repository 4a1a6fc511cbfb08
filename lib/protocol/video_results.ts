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
  /** Where the stored result could not be read any more: what was found is lost, and `result` is an empty one. */
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
  /** Results before this page. */
  offset: count,
  /** Most results of a page, as asked for. */
  limit: count,
  /** In the order of the frames. */
  results: v.array(VideoFrameResultSchema),
});

/** One page of results, as `GET /video/results/:id` gives it. */
export type ResultsPage = v.InferOutput<typeof ResultsPageSchema>;
