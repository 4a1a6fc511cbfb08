/**
 * Makes a job of an upload.
 *
 * @module
 */

import { logEvent } from "../telemetry/log.ts";
import type { Job } from "./job.ts";
import type { JobStore, NewJob } from "./job_store.ts";
import { saveUpload, type SaveUploadOptions } from "./upload.ts";

/** Options of {@linkcode submitVideo}. */
export interface SubmitVideoOptions
  extends
    Pick<NewJob, "pipelineId" | "frameStride" | "maxFrames">,
    Pick<SaveUploadOptions, "maxBytes" | "idleTimeoutMs"> {}

/**
 * Saves an uploaded video and adds a job for it; when either fails, neither is left behind.
 *
 * @param request `multipart/form-data` with the video in the part `file`
 * @throws {JobCapacityError} If there is no room for another job; said before anything is read
 * @throws As {@linkcode saveUpload} does.
 */
export async function submitVideo(
  store: JobStore,
  request: Request,
  { pipelineId, frameStride, maxFrames, ...limits }: SubmitVideoOptions,
): Promise<Job> {
  store.checkRoom();
  const id = crypto.randomUUID();
  const paths = { path: store.files.path(id), partialPath: store.files.partialPath(id) };
  const file = await saveUpload(request, { ...paths, ...limits });
  try {
    const job = store.create({
      ...file,
      id,
      pipelineId,
      ...(frameStride === undefined ? {} : { frameStride }),
      ...(maxFrames === undefined ? {} : { maxFrames }),
    });
    const { fileBytes } = file;
    logEvent("info", "job_created", "Video job created", {
      job_id: id,
      pipeline_id: pipelineId,
      file_bytes: fileBytes,
    });
    return job;
  } catch (error) {
    store.files.remove(id);
    throw error;
  }
}
