/**
 * Cameras as clients see them.
 *
 * @module
 */

import type { CameraView } from "../protocol/camera.ts";
import type { Camera } from "./camera.ts";
import { maskUrl } from "./camera_url.ts";

/** What clients are told of a camera, with what the server that runs it told last where that is another. */
export function toCameraView(camera: Camera): CameraView {
  const here = viewHere(camera);
  const there = camera.elsewhere?.view;
  if (there === undefined) return here;
  const { id, name, url, pipeline_id, fps, always, rules, read_only } = here;
  return { ...there, id, name, url, pipeline_id, fps, always, rules, read_only };
}

function viewHere(camera: Camera): CameraView {
  const { definition, readOnly, stream: { session }, info, stateMessage } = camera;
  const { id, name, url, pipeline_id, fps, always, rules } = definition;
  return {
    id,
    name,
    url: maskUrl(url),
    pipeline_id,
    fps,
    always,
    rules,
    read_only: readOnly,
    state: stateMessage.state,
    forced: camera.forced ?? null,
    session_id: camera.elsewhere === undefined && camera.isOn ? session.sessionId : null,
    client_count: session.clientCount,
    last_access: new Date(session.lastAccess).toISOString(),
    error_count: session.errorCount,
    last_error: stateMessage.last_error ?? session.lastError,
    retry_at: stateMessage.retry_at,
    qualities: camera.qualities,
    answered_fps: Math.round(camera.answeredFps * 10) / 10,
    width: info?.width ?? null,
    height: info?.height ?? null,
    uptime_s: Math.round(camera.uptimeMs) / 1000,
    restarts: camera.restarts,
    dropped_frames: camera.droppedFrames,
  };
}
