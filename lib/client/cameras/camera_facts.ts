/** What is known of a camera, in rows. */

import type { CameraView } from "../../protocol/camera.ts";
import type { PipelineSummary } from "../../protocol/pipeline_list.ts";

/**
 * What there is to tell of a camera, as names and values.
 *
 * @param pipelines Of the server, as far as they are known.
 */
export function cameraFacts(
  camera: CameraView,
  pipelines: readonly PipelineSummary[],
): [name: string, value: string][] {
  const { pipeline_id, width, height, fps, client_count, uptime_s } = camera;
  return [
    ["Address", camera.url],
    ["Pipeline", pipelines.find(({ id }) => id === pipeline_id)?.name ?? pipeline_id],
    ["Size", width === null || height === null ? "not known yet" : `${width}×${height}`],
    ["Frames a second", `at most ${fps}`],
    ["Clients now", String(client_count)],
    ["Without a break", formatDuration(uptime_s)],
    ["Restarts", String(camera.restarts)],
    ["Errors", String(camera.error_count)],
    ["Dropped frames", String(camera.dropped_frames)],
  ];
}

/** A time such as `42 s`, `5 min` or `3 h 20 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
