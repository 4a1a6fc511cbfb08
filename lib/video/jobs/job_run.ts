/**
 * One job's way from its first missing frame to its end.
 *
 * @module
 */

import { NamedError } from "../../named_error.ts";
import type { PipelineResult } from "../../protocol/result.ts";
import type { Size } from "../../image/size.ts";
import type { Job } from "./job.ts";
import type { JobStore } from "./job_store.ts";
import { mapInOrder } from "../map_in_order.ts";
import { ResultBatch, type ResultBatchOptions } from "./result_batch.ts";
import { scaleResult } from "../scale_result.ts";
import {
  VideoDecoder,
  type VideoDecoderOptions,
  type VideoFrame,
} from "../decode/video_decoder.ts";
import type { VideoFrameProcessor } from "../video_frame_processor.ts";
import { whenStored } from "./when_stored.ts";

/** Thrown when the pipeline fails on the same frame twice. */
export class FrameProcessingError extends NamedError {}

/** What a job runs with. */
export interface JobRunOptions {
  /** Holds the job, its file and its results. */
  store: JobStore;
  /** What the frames run on. */
  processor: VideoFrameProcessor;
  /** Size within which frames of a pipeline are to fit. */
  frameSize: (pipelineId: string) => Size;
  /** Most frames of a job that are decoded and have no result yet; from 1. */
  framesAtOnce: () => number;
  /** Options of the decode process. */
  decoder: Omit<
    VideoDecoderOptions,
    "frameSize" | "startFrame" | "frameStride" | "maxFrames" | "signal"
  >;
  /** How many results are stored at once, and how long they may wait. */
  batch: ResultBatchOptions;
}

/**
 * Processes the frames that have no result yet, and stores the results in the order of the frames.
 *
 * @param job Status `processing`
 * @throws {VideoDecodeError} If the video cannot be decoded to its end
 * @throws {FrameProcessingError} If the pipeline fails
 * @throws Anything once `signal` is aborted. In each case the results so far are stored, unless the job has left the
 * status `processing`
 */
export async function runJob(
  { id, pipelineId, frameStride, maxFrames }: Job,
  { store, processor, frameSize, framesAtOnce, decoder: decoderOptions, batch }: JobRunOptions,
  signal: AbortSignal,
): Promise<void> {
  const { count, nextFrame } = await store.results.count(id);
  if (maxFrames > 0 && count >= maxFrames) return;
  await using decoder = await VideoDecoder.open(store.files.path(id), {
    ...decoderOptions,
    frameSize: frameSize(pipelineId),
    startFrame: nextFrame,
    frameStride,
    maxFrames: maxFrames === 0 ? 0 : maxFrames - count,
    signal,
  });
  const totalSteps = countSteps(decoder.info.frameCount, { frameStride, maxFrames });
  const description = "Processing frames";
  const write = (change: () => Promise<unknown>) =>
    whenStored(change, { onWait: () => waitForDisk(store, id), signal });
  await write(() =>
    store.update(id, {
      video: decoder.info,
      progress: { currentStep: count, totalSteps, description },
    })
  );
  // Whoever follows objects begins anew when a job goes on, and may take none for one of those before.
  const tracksBefore = await store.results.highestTrack(id);
  const results = new ResultBatch(batch);
  let currentStep = count;
  const flush = async () => {
    if (results.all.length === 0) return;
    await store.disk.checkResults();
    await store.appendResults(id, results.all, { currentStep, description });
    results.clear();
  };
  try {
    const processed = mapInOrder(decoder.frames(), framesAtOnce, async (frame) => {
      signal.throwIfAborted();
      const { frameIndex, timestampMs } = frame;
      const result = await process(processor, pipelineId, id, frame, signal);
      return { frameIndex, timestampMs, result };
    });
    for await (const { frameIndex, timestampMs, result } of processed) {
      processor.follow?.(pipelineId, id, result, timestampMs);
      results.add({
        frame_index: frameIndex,
        timestamp_ms: timestampMs,
        result: raiseTracks(scaleResult(result, decoder.info), tracksBefore),
      });
      currentStep++;
      if (results.isDue) await write(flush);
    }
    await write(flush);
  } catch (error) {
    // What was found up to there is kept if the disk takes it; it may be the disk that is the reason.
    if (store.list({ status: "processing" }).some((job) => job.id === id)) {
      await flush().catch(() => {});
    }
    throw error;
  }
  await store.updateProgress(id, { currentStep, totalSteps: currentStep, description: "Done" });
}

function waitForDisk(store: JobStore, id: string): void {
  // The job may have been removed meanwhile.
  store.updateProgress(id, { description: "Waiting for disk space" }).catch(() => {});
}

/** The same result with other numbers for the objects that are followed. */
function raiseTracks(result: PipelineResult, by: number): PipelineResult {
  if (by === 0) return result;
  const detections = result.detections.map((detection) =>
    detection.track_id === undefined
      ? detection
      : { ...detection, track_id: detection.track_id + by }
  );
  return { ...result, detections };
}

/** Frames that will have a result; 0 when the file does not tell. */
function countSteps(
  frameCount: number | null,
  { frameStride, maxFrames }: Pick<Job, "frameStride" | "maxFrames">,
): number {
  if (frameCount === null) return maxFrames;
  const wanted = Math.ceil(frameCount / frameStride);
  return maxFrames === 0 ? wanted : Math.min(wanted, maxFrames);
}

/** Runs the pipeline on a frame, a second time when it fails: a worker may just have been replaced. */
async function process(
  processor: VideoFrameProcessor,
  pipelineId: string,
  jobId: string,
  { frameIndex, data, width, height }: VideoFrame,
  signal: AbortSignal,
): Promise<PipelineResult> {
  const run = (pixels: Uint8Array<ArrayBuffer>) =>
    processor.runOnPixels(pipelineId, jobId, frameIndex, { data: pixels, width, height }, signal);
  const copy = data.slice();
  try {
    return await run(data);
  } catch {
    try {
      return await run(copy);
    } catch (error) {
      throw new FrameProcessingError(`Pipeline failed on frame ${frameIndex}`, { cause: error });
    }
  }
}
