import { expect } from "expect";
import { type Job, jobPercent, toJobView } from "../../../lib/video/jobs/job.ts";

const JOB: Job = {
  id: "0f3c",
  pipelineId: "yolo_ocr",
  status: "processing",
  progress: { currentStep: 1, totalSteps: 3, description: "Processing frames" },
  createdAt: 0,
  updatedAt: 1500,
  startedAt: 1000,
  finishedAt: null,
  error: null,
  fileName: "walk.mp4",
  fileBytes: 1000,
  frameStride: 2,
  maxFrames: 0,
  rules: [],
  video: { width: 640, height: 480, frameCount: 6, durationMs: 240 },
};

Deno.test("jobPercent has one decimal, and is 100 for a completed job only", () => {
  const percent = (currentStep: number, totalSteps: number, status: Job["status"] = "processing") =>
    jobPercent({ status, progress: { currentStep, totalSteps, description: "" } });
  expect(percent(1, 3)).toBe(33.3);
  expect(percent(0, 0)).toBe(0);
  expect(percent(5, 0)).toBe(0);
  expect(percent(3, 3)).toBe(99.9);
  expect(percent(9, 3)).toBe(99.9);
  expect(percent(0, 0, "completed")).toBe(100);
});

Deno.test("toJobView tells what clients may know", () => {
  expect(toJobView(JOB)).toEqual({
    job_id: "0f3c",
    pipeline_id: "yolo_ocr",
    status: "processing",
    progress: {
      current_step: 1,
      total_steps: 3,
      percent: 33.3,
      description: "Processing frames",
    },
    created_at: "1970-01-01T00:00:00.000Z",
    updated_at: "1970-01-01T00:00:01.500Z",
    finished_at: null,
    error: null,
    detail: null,
    file_name: "walk.mp4",
    file_bytes: 1000,
    frame_stride: 2,
    max_frames: 0,
    rules: 0,
    video: { width: 640, height: 480, frame_count: 6, duration_ms: 240 },
  });
});

Deno.test("toJobView tells why a job failed", () => {
  const error = { code: "decode_failed", detail: "The file has no video track" } as const;
  const view = toJobView({ ...JOB, status: "failed", error, finishedAt: 2000, video: null });
  expect(view).toMatchObject({
    error: "decode_failed",
    detail: "The file has no video track",
    finished_at: "1970-01-01T00:00:02.000Z",
    video: null,
  });
});
