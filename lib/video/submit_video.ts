/**
 * Makes a job of an upload.
 *
 * @module
 */

import { logEvent } from "../telemetry/log.ts";
import type { Job, NewJob } from "./jobs/job.ts";
import type { JobStore } from "./jobs/job_store.ts";
import { saveUpload, type SaveUploadOptions } from "./upload.ts";
import type { VideoProbe } from "./decode/video_probe.ts";

/** Options of {@linkcode submitVideo}. */
export interface SubmitVideoOptions
  extends
    Pick<NewJob, "pipelineId" | "frameStride" | "maxFrames">,
    Pick<SaveUploadOptions, "maxBytes" | "idleTimeoutMs"> {
  /** Looks at the video when another job has to make room for it. */
  probe: Pick<VideoProbe, "check">;
}

/**
 * Saves an uploaded video and adds a job for it; when either fails, neither is left behind.
 *
 * @param request `multipart/form-data` with the video in the part `file`
 * @throws {JobCapacityError} If there is no room for another job; said before anything is read
 * @throws {VideoDecodeError} If another job would have to make room for what cannot be decoded
 * @throws As {@linkcode saveUpload} does.
 */
export async function submitVideo(
  store: JobStore,
  request: Request,
  { pipelineId, frameStride, maxFrames, probe, ...limits }: SubmitVideoOptions,
): Promise<Job> {
  using place = store.reserve();
  const { id } = place;
  const { files, disk } = store;
  const paths = { path: files.path(id), partialPath: files.partialPath(id) };
  const file = await saveUpload(request, { ...paths, disk, ...limits });
  try {
    if (place.evicts) await probe.check(paths.path);
    const options = {
      ...(frameStride === undefined ? {} : { frameStride }),
      ...(maxFrames === undefined ? {} : { maxFrames }),
    };
    const job = await store.create({ ...file, pipelineId, ...options }, place);
    logEvent("info", "job_created", "Video job created", {
      job_id: id,
      pipeline_id: pipelineId,
      file_bytes: file.fileBytes,
    });
    return job;
  } catch (error) {
    await files.remove(id);
    throw error;
  }
}
