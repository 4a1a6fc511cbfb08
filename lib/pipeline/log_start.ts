/**
 * Tells in the log what pipelines turned out to run on, once they have started.
 *
 * @module
 */

import { logEvent } from "../telemetry/log.ts";
import type { TextModelName } from "../config.ts";
import { planFor } from "./autotune.ts";
import type { PipelineService } from "./pipeline_service.ts";

/**
 * Logs the text model, the device and the plan.
 *
 * @param wanted The text model that was asked for
 */
export function logStart(pipelines: PipelineService, wanted: TextModelName): void {
  logTextModel(pipelines, wanted);
  logDevice(pipelines);
  logPlan(pipelines);
}

function logTextModel({ textModel: model }: PipelineService, wanted: TextModelName): void {
  const isWanted = model === wanted;
  const message = isWanted ? `Text is read with ${model}` : `Text is read with ${model}, since ` +
    `${wanted} is not there: run "deno task models" to fetch it`;
  logEvent(isWanted ? "info" : "warning", "text_model", message, { model, wanted });
}

function logDevice({ device: choice }: PipelineService): void {
  if (choice === undefined) return;
  const { device, wanted, message, refusals } = choice;
  const isWanted = wanted === "auto" || wanted === device;
  logEvent(isWanted ? "info" : "warning", "pipeline_device", message, { device, wanted });
  for (const cause of refusals) {
    logEvent("debug", "pipeline_device", "A device was refused", { device, wanted, cause });
  }
}

function logPlan({ plans, precision }: PipelineService): void {
  const many = plans.at(-1);
  if (many === undefined || precision === undefined) return;
  const { workers, threads } = many;
  const [alone, paced] = [planFor(plans, 1), planFor(plans, 1, true)];
  const fields = {
    precision,
    workers,
    threads,
    threads_alone: alone.threads,
    threads_paced: paced.threads,
    ...("latencyMs" in alone && { latency_ms: Math.round(alone.latencyMs) }),
    ...("pacedMs" in paced && { paced_ms: Math.round(paced.pacedMs) }),
    ...("framesPerSecond" in many && { frames_per_second: Math.round(many.framesPerSecond) }),
  };
  const numbers = precision === "int8" ? "8-bit integers" : "float32";
  const message = `Inference is ready, with ${numbers}: frames at once, workers × threads: ` +
    `${workers} × ${threads}; threads for a frame alone: ${alone.threads}, after a pause: ${paced.threads}`;
  logEvent("info", "pipeline_ready", message, fields);
}
