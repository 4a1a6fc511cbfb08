import type { Context } from "fresh";
import { cutText } from "../../lib/cut_text.ts";
import { ApiError } from "../../lib/http/api.ts";
import { readQuery } from "../../lib/http/read_query.ts";
import { submitVideo } from "../../lib/video/submit_video.ts";
import { defineVideoApi, type State } from "../../state.ts";
import type { Submitted } from "../../lib/protocol/job.ts";

async function submit(ctx: Context<State>): Promise<Response> {
  const { config, pipelines, rules, videos } = ctx.state.services;
  const { pipeline_id: pipelineId, frame_stride: frameStride, max_frames: maxFrames } = readQuery(
    ctx.url.searchParams,
    "SubmitQuery",
  );
  if (!pipelines.isValidPipeline(pipelineId)) {
    const detail = `Unknown pipeline_id: ${cutText(pipelineId, 64)}`;
    throw new ApiError(400, "invalid_pipeline", detail);
  }
  const { store, probe } = await videos.open();
  const job = await submitVideo(store, ctx.req, {
    pipelineId,
    frameStride,
    maxFrames,
    probe,
    parseRules: (text) => rules.parse(text, pipelineId),
    maxBytes: config.video.maxUploadBytes,
  });
  return Response.json({ job_id: job.id } satisfies Submitted, { status: 202 });
}

/** `POST /video/submit?pipeline_id=&frame_stride=&max_frames=`: takes a form with a video in its part `file`, and rules in `rules`. */
export const handler = defineVideoApi({ POST: submit });
