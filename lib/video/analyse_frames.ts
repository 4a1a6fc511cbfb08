import { NamedError } from "../named_error.ts";
import type { PipelineResult } from "../protocol/result.ts";
import type { VideoFrameResult } from "../protocol/video_results.ts";
import type { VideoDecoder, VideoFrame } from "./decode/video_decoder.ts";
import { mapInOrder } from "./map_in_order.ts";
import { scaleResult } from "../image/scale_result.ts";
import type { VideoFrameProcessor } from "./video_frame_processor.ts";

/** Thrown when the pipeline fails on the same frame twice. */
export class FrameProcessingError extends NamedError {}

/** Options for {@linkcode analyseFrames}. */
export interface AnalysisOptions {
  /** Gives the frames. */
  decoder: VideoDecoder;
  /** Looks at them. */
  processor: VideoFrameProcessor;
  /** The pipeline that they run through. */
  pipelineId: string;
  /** Their job, under whose id they take turns with others. */
  jobId: string;
  /** Frames that may be under way at once, asked for before each. */
  framesAtOnce: () => number;
  /** Ends the analysis; frames that wait are given up. */
  signal: AbortSignal;
}

/**
 * Looks at the frames of a video, several at once.
 *
 * @returns A result for each frame, in their order, in pixels of the video as shown; objects are followed where the pipeline does
 * @throws {FrameProcessingError} If the pipeline fails on a frame
 * @throws {VideoDecodeError} If the video cannot be decoded to its end
 * @throws The reason of `signal`, once it is aborted
 */
export async function* analyseFrames(
  { decoder, processor, pipelineId, jobId, framesAtOnce, signal }: AnalysisOptions,
): AsyncGenerator<VideoFrameResult> {
  const analysed = mapInOrder(decoder.frames(), framesAtOnce, async (frame) => {
    signal.throwIfAborted();
    const { frameIndex, timestampMs, shown } = frame;
    const result = await process(processor, pipelineId, jobId, frame, signal);
    return { frameIndex, timestampMs, shown, result };
  });
  for await (const { frameIndex, timestampMs, shown, result } of analysed) {
    processor.follow?.(pipelineId, jobId, result, timestampMs);
    yield {
      frame_index: frameIndex,
      timestamp_ms: timestampMs,
      result: scaleResult(result, shown),
    };
  }
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
