import type { CameraView } from "../../../lib/protocol/camera.ts";

/** A camera that runs. */
export function exampleCamera(changes: Partial<CameraView> = {}): CameraView {
  return {
    id: "front-door",
    name: "Front door",
    url: "rtsp://***:***@192.168.1.20/stream1",
    pipeline_id: "yolo_only",
    fps: 10,
    always: false,
    rules: [],
    read_only: false,
    state: "active",
    forced: null,
    session_id: "6f1c0c4e-6d0b-4a44-8f0e-3c8a9a3c5d11",
    client_count: 1,
    last_access: "2026-11-01T12:00:00.000Z",
    error_count: 0,
    last_error: null,
    retry_at: null,
    qualities: [],
    answered_fps: 9.8,
    width: 1280,
    height: 720,
    uptime_s: 61,
    restarts: 0,
    dropped_frames: 0,
    ...changes,
  };
}
