import { ImageDecodeError, ImageTooLargeError } from "../../../lib/image/errors.ts";
import type { Context } from "fresh";
import { cutText } from "../../../lib/cut_text.ts";
import { checkAccess } from "../../../lib/http/access.ts";
import { ApiError, overloaded } from "../../../lib/http/api.ts";
import { withImage } from "../../../lib/http/image_body.ts";
import { OverloadedError, PipelineError } from "../../../lib/pipeline/errors.ts";
import type { Run } from "../../../lib/protocol/pipeline.ts";
import { logEvent } from "../../../lib/telemetry/log.ts";
import { defineApi, type State } from "../../../state.ts";

const TOO_MANY_IMAGES = "Too many images wait already";

async function run(ctx: Context<State>): Promise<Response> {
  const { config, pipelines, bodies } = ctx.state.services;
  checkAccess(ctx.req, config.stream);
  const id = ctx.params.id;
  if (!pipelines.isValidPipeline(id)) {
    throw new ApiError(404, "invalid_pipeline", `Unknown pipeline_id: ${cutText(id, 64)}`);
  }
  // Told before the image is read, and once more when it has come.
  if (!pipelines.takesImages) throw overloaded(TOO_MANY_IMAGES);
  return await withImage(bodies, ctx.req, config.stream.maxFrameBytes, async (image) => {
    if (image.length === 0) throw new ApiError(422, "invalid_image", "Image is empty");
    try {
      const answer: Run = { result: await pipelines.runOnImage({ pipelineId: id, bytes: image }) };
      return Response.json(answer);
    } catch (error) {
      throw toImageApiError(error, id, config.stream.maxFramePixels);
    }
  });
}

/** The answer for an image that a pipeline could not be run on; anything unexpected stays as it is. */
function toImageApiError(error: unknown, pipelineId: string, maxPixels: number): unknown {
  if (error instanceof OverloadedError) return overloaded(error.message);
  if (error instanceof ImageDecodeError) {
    return new ApiError(422, "invalid_image", "Image cannot be decoded");
  }
  if (error instanceof ImageTooLargeError) {
    const detail = `Image has more pixels than the limit of ${maxPixels}`;
    return new ApiError(413, "image_too_large", detail);
  }
  if (error instanceof PipelineError) {
    logEvent("error", "server_error", "Pipeline failed on an image", {
      pipeline_id: pipelineId,
      cause: String(error.cause),
    });
    return new ApiError(500, "pipeline_failure", "Pipeline execution failed");
  }
  return error;
}

/** `POST /pipelines/:id/run`: runs a pipeline on one image. */
export const handler = defineApi({ POST: run });
