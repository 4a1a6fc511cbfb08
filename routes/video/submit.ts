import type { Context } from "fresh";
import { cutText } from "../../lib/cut_text.ts";
import { ApiError } from "../../lib/http/api.ts";
import { readInteger } from "../../lib/http/video_errors.ts";
import { submitVideo } from "../../lib/video/submit_video.ts";
import { defineVideoApi, type State } from "../../state.ts";

const DEFAULT_PIPELINE = "yolo_ocr";
const MAX_FRAMES = 100_000_000;

async function submit(ctx: Context<State>): Promise<Response> {
  const { config, pipelines, videos } = ctx.state.services;
  const query = ctx.url.searchParams;
  const pipelineId = query.get("pipeline_id") ?? DEFAULT_PIPELINE;
  if (!pipelines.isValidPipeline(pipelineId)) {
    const detail = `Unknown pipeline_id: ${cutText(pipelineId, 64)}`;
    throw new ApiError(400, "invalid_pipeline", detail);
  }
  const limits = { minimum: 1, maximum: MAX_FRAMES, fallback: 1 };
  const { store, probe } = await videos.open();
  const job = await submitVideo(store, ctx.req, {
    pipelineId,
    frameStride: readInteger(query, "frame_stride", limits),
    maxFrames: readInteger(query, "max_frames", { ...limits, minimum: 0, fallback: 0 }),
    probe,
    maxBytes: config.video.maxUploadBytes,
  });
  return Response.json({ job_id: job.id }, { status: 202 });
}

/** `POST /video/submit?pipeline_id=&frame_stride=&max_frames=`: takes a form with an MP4 in its part `file`. */
export const handler = defineVideoApi({ POST: submit });
