/**
 * Makes a job of an upload.
 *
 * @module
 */

import type { Rule } from "../protocol/rule.ts";
import { logEvent } from "../telemetry/log.ts";
import { InvalidVideoError, VideoDecodeError } from "./errors.ts";
import type { Job, NewJob } from "./jobs/job.ts";
import type { JobStore } from "./jobs/job_store.ts";
import { saveUpload, type SaveUploadOptions } from "./upload.ts";
import type { VideoProbe } from "./decode/video_probe.ts";

/** Options of {@linkcode submitVideo}. */
export interface SubmitVideoOptions
  extends
    Pick<NewJob, "pipelineId" | "frameStride" | "maxFrames">,
    Pick<SaveUploadOptions, "maxBytes" | "idleTimeoutMs"> {
  /** Looks whether the decoder opens the video. */
  probe: Pick<VideoProbe, "check">;
  /** Reads the part `rules` of the form. @throws {RuleError} If it cannot be used */
  parseRules(text: string): readonly Rule[];
}

/**
 * Saves an uploaded video and adds a job for it; when either fails, neither is left behind.
 *
 * @param request `multipart/form-data` with the video in the part `file`, and perhaps rules in the part `rules`
 * @throws {JobCapacityError} If there is no room for another job; said before anything is read
 * @throws {RuleError} If the rules cannot be used; said as soon as they have come, so that a form begins with them best
 * @throws {InvalidVideoError} If the decoder does not open it, or gives no first frame
 * @throws As {@linkcode saveUpload} does.
 */
export async function submitVideo(
  store: JobStore,
  request: Request,
  { pipelineId, frameStride, maxFrames, probe, parseRules, ...limits }: SubmitVideoOptions,
): Promise<Job> {
  using place = store.reserve();
  const { id } = place;
  const { files, disk } = store;
  const paths = { path: files.path(id), partialPath: files.partialPath(id) };
  let rules: readonly Rule[] = [];
  const onRules = (text: string) => void (rules = text === "" ? [] : parseRules(text));
  const file = await saveUpload(request, { ...paths, disk, onRules, ...limits });
  try {
    await checkVideo(probe, paths.path, place.evicts);
    const options = {
      ...(frameStride === undefined ? {} : { frameStride }),
      ...(maxFrames === undefined ? {} : { maxFrames }),
      rules,
    };
    await files.keep(id);
    const job = await store.create({ ...file, pipelineId, ...options }, place);
    logEvent("info", "job_created", "Video job created", {
      job_id: id,
      pipeline_id: pipelineId,
      file_bytes: file.fileBytes,
    });
    return job;
  } catch (error) {
    await files.abandon(id);
    throw error;
  }
}

async function checkVideo(
  probe: SubmitVideoOptions["probe"],
  path: string,
  mustKnow: boolean,
): Promise<void> {
  try {
    await probe.check(path, { mustKnow });
  } catch (error) {
    if (!(error instanceof VideoDecodeError)) throw error;
    throw new InvalidVideoError(error.message, { cause: error });
  }
}
