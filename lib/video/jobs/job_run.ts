/**
 * Runs one job from its first missing frame to its end.
 *
 * @module
 */

import type { PipelineResult } from "../../protocol/result.ts";
import type { FrameBounds } from "../decode/display_geometry.ts";
import { logEvent } from "../../telemetry/log.ts";
import type { Job } from "./job.ts";
import type { JobStore } from "./job_store.ts";
import { analyseFrames } from "../analyse_frames.ts";
import type { ResultBatchOptions } from "./result_batch.ts";
import { JobWriter } from "./job_writer.ts";
import { VideoDecoder, type VideoDecoderOptions } from "../decode/video_decoder.ts";
import type { VideoFrameProcessor } from "../video_frame_processor.ts";
import { whenStored } from "./when_stored.ts";

/** What a job runs with. */
export interface JobRunOptions {
  /** Holds the job, its file and its results. */
  store: JobStore;
  /** What the frames run on. */
  processor: VideoFrameProcessor;
  /** Size within which frames of a pipeline are to fit. */
  frameSize: (pipelineId: string) => FrameBounds;
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
  const onWait = () => sayWaiting(store, id);
  const whenReadable = <T>(read: () => Promise<T>) => whenStored(read, { onWait, signal });
  const { count, nextFrame } = await whenReadable(() => store.results.count(id));
  if (maxFrames > 0 && count >= maxFrames) return;
  // Tracking begins anew when a job resumes, and must not reuse a number from before.
  const tracksBefore = await whenReadable(() => store.results.highestTrack(id));
  using video = await whenReadable(() => store.files.open(id));
  await using decoder = await VideoDecoder.open(video.path, {
    ...decoderOptions,
    frameSize: frameSize(pipelineId),
    startFrame: nextFrame,
    frameStride,
    maxFrames: maxFrames === 0 ? 0 : maxFrames - count,
    signal,
  });
  const writer = new JobWriter({ store, id, count, batch, signal });
  const totalSteps = countSteps(decoder.info.frameCount, { frameStride, maxFrames });
  await writer.begin(decoder.info, totalSteps);
  const analysis = { decoder, processor, pipelineId, jobId: id, framesAtOnce, signal };
  let lastTimestampMs = 0;
  try {
    for await (const found of analyseFrames(analysis)) {
      await writer.add({ ...found, result: raiseTracks(found.result, tracksBefore) });
      lastTimestampMs = found.timestamp_ms;
    }
    await writer.flush();
  } catch (error) {
    await writer.rescue();
    throw error;
  }
  const isWhole = frameStride === 1 && maxFrames === 0;
  await writer.end({
    ...decoder.info,
    // A file may tell less than what turned out to be in it.
    frameCount: isWhole ? writer.currentStep : decoder.info.frameCount,
    durationMs: Math.max(decoder.info.durationMs ?? 0, lastTimestampMs),
  });
}

/** Tells that a job cannot begin: NATS is away, or this machine has no room for the video. */
function sayWaiting(store: JobStore, id: string): void {
  logEvent("warning", "job_waits", "Video job waits until its video can be read", { job_id: id });
  const description = "Waiting for the video";
  // It may have been removed, and NATS may be away.
  store.update(id, { progress: { description } }).catch(() => {});
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
