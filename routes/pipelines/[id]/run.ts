import type { Context } from "fresh";
import { checkAccess } from "../../../lib/http/access.ts";
import { ApiError, overloaded } from "../../../lib/http/api.ts";
import { readBody } from "../../../lib/http/read_body.ts";
import {
  ImageDecodeError,
  ImageTooLargeError,
  OverloadedError,
  PipelineError,
} from "../../../lib/pipeline/errors.ts";
import { logEvent } from "../../../lib/telemetry/log.ts";
import { defineApi, type State } from "../../../state.ts";

const IMAGE_TYPES = ["image/jpeg", "image/png", "image/webp"];
const TOO_MANY_IMAGES = "Too many pictures wait already";
/** Boundaries and part headers of a form with one file. */
const FORM_OVERHEAD_BYTES = 4096;

/** Takes the picture out of the body, which is either the picture itself or a form with a part named `file`. */
async function readImage(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const header = request.headers.get("Content-Type") ?? "";
  const type = header.split(";")[0].trim().toLowerCase();
  if (IMAGE_TYPES.includes(type)) return await readBody(request, maxBytes);
  if (type !== "multipart/form-data") {
    throw new ApiError(
      415,
      "unsupported_media_type",
      `Send ${IMAGE_TYPES.join(", ")}, or multipart/form-data with a part named file`,
    );
  }
  const body = await readBody(request, maxBytes + FORM_OVERHEAD_BYTES);
  const form = await new Response(body, { headers: { "Content-Type": header } }).formData()
    .catch(() => undefined);
  const file = form?.get("file");
  if (!(file instanceof File)) {
    throw new ApiError(400, "bad_request", "The form has no part named file that holds a picture");
  }
  if (file.size > maxBytes) {
    throw new ApiError(413, "payload_too_large", `Body exceeds the limit of ${maxBytes} bytes`);
  }
  return new Uint8Array(await file.arrayBuffer());
}

async function run(ctx: Context<State>): Promise<Response> {
  const { config, pipelines } = ctx.state.services;
  checkAccess(ctx.req, config.stream);
  const id = ctx.params.id;
  if (!pipelines.isValidPipeline(id)) {
    throw new ApiError(404, "invalid_pipeline", `Unknown pipeline_id: ${id.slice(0, 64)}`);
  }
  // Told before the picture is read, and once more when it has come.
  if (!pipelines.takesImages) throw overloaded(TOO_MANY_IMAGES);
  const image = await readImage(ctx.req, config.stream.maxFrameBytes);
  if (image.length === 0) throw new ApiError(422, "invalid_image", "Picture is empty");
  try {
    return Response.json({ result: await pipelines.runOnImage(id, image) });
  } catch (error) {
    if (error instanceof OverloadedError) throw overloaded(TOO_MANY_IMAGES);
    if (error instanceof ImageDecodeError) {
      throw new ApiError(422, "invalid_image", "Picture cannot be decoded");
    }
    if (error instanceof ImageTooLargeError) {
      const detail = `Picture has more pixels than the limit of ${config.stream.maxFramePixels}`;
      throw new ApiError(413, "image_too_large", detail);
    }
    if (error instanceof PipelineError) {
      logEvent("error", "server_error", "Pipeline failed on a picture", {
        pipeline_id: id,
        cause: String(error.cause),
      });
      throw new ApiError(500, "pipeline_failure", "Pipeline execution failed");
    }
    throw error;
  }
}

/** `POST /pipelines/:id/run`: runs a pipeline on one picture. */
export const handler = defineApi({ POST: run });
