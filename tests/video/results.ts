/** Results of pipelines for tests. */

import type { PipelineResult } from "../../lib/protocol/result.ts";
import type { VideoFrameResult } from "../../lib/video/jobs/job.ts";
import type { JobStore } from "../../lib/video/jobs/job_store.ts";
import { exportJsonl } from "../../lib/video/results_export.ts";

/** A result that found nothing. */
export function emptyResult(changes: Partial<PipelineResult> = {}): PipelineResult {
  return {
    image: { width: 640, height: 480 },
    detections: [],
    text_blocks: [],
    text: "",
    text_frame_index: null,
    timings_ms: { wait: 0, decode: 0, detect: 1, ocr: 0, total: 1 },
    models: { detector: "yolov8n", recognizer: null },
    ...changes,
  };
}

/** Results of consecutive frames, 40 ms apart, from `first` up to and without `end`. */
export function frameResults(first: number, end: number): VideoFrameResult[] {
  return Array.from({ length: end - first }, (_, index) => ({
    frame_index: first + index,
    timestamp_ms: (first + index) * 40,
    result: emptyResult(),
  }));
}

/** All results of a job. */
export async function storedResults(store: JobStore, id: string): Promise<VideoFrameResult[]> {
  const text = await new Response(await exportJsonl(store, id)).text();
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}
