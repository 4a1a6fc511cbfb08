import { expect } from "expect";
import { describeDiagnostics, diagnosticRows } from "../../../lib/client/live/diagnostics.ts";
import { createLiveSignals, type LiveSignals } from "../../../lib/client/live/live_signals.ts";
import { exampleResult } from "../example_result.ts";

/** The signals of a page in the middle of a stream. */
function runningSignals(): LiveSignals {
  const live = createLiveSignals();
  live.stage.value = { phase: "running", kind: "camera", name: "Desk camera", isMirrored: false };
  live.status.value = "connected";
  live.pipelineId.value = "yolo_only";
  live.lastResult.value = { frame_index: 42, result: exampleResult() };
  live.device.value = { name: "webgpu", description: "Objects are found on WebGPU" };
  live.sentFrames.value = 44;
  live.answeredFrames.value = 39;
  live.droppedFrames.value = 3;
  live.statistics.value = {
    target_fps: 15,
    sent_fps: 14.96,
    answered_fps: 14.5,
    drop_rate: 0.021,
    backpressure: "normal",
    bytes_per_second: 900 * 1024,
    round_trip_p50_ms: 41.73,
    round_trip_p95_ms: 60,
    stages_ms: { wait: 0.4, decode: 3.1, detect: 21.9, ocr: 0, total: 25.4 },
  };
  return live;
}

function rowsOf(live: LiveSignals): Record<string, string> {
  const rows = diagnosticRows(describeDiagnostics(live));
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

Deno.test("diagnosticRows show dashes for what is not known yet", () => {
  const rows = rowsOf(createLiveSignals());
  expect(rows["Status"]).toBe("disconnected");
  expect(rows["Device"]).toBe("–");
  expect(rows["Detector input"]).toBe("–");
  expect(rows["Round trip, median"]).toBe("–");
  expect(rows["Backpressure"]).toBe("–");
  expect(rows["Frames dropped"]).toBe("0 (0.0 %)");
});

Deno.test("diagnosticRows show the figures of the stream", () => {
  const live = runningSignals();
  const result = exampleResult();
  result.detections = result.detections.map((each, index) => ({ ...each, track_id: index + 205 }));
  live.lastResult.value = { frame_index: 42, result };
  expect(rowsOf(live)).toMatchObject({
    "Status": "connected",
    "Frame": "42",
    "Tracks": result.detections.map(({ label }, index) => `${label} ${index + 205}`).join(", "),
    "Frame size": "640×480",
    "Model": "yolov8n",
    "Device": "webgpu",
    "Captured": "15.0 of 15 a second",
    "Answered": "14.5 a second",
    "Frames sent": "44",
    "Frames answered": "39",
    "Frames dropped": "3 (7.1 %)",
    "Backpressure": "normal",
    "Round trip, median": "41.7 ms",
    "Server: detect": "21.9 ms",
    "Upload": "900 KB a second",
  });
});

Deno.test("describeDiagnostics can be copied as JSON, and names neither camera nor text", () => {
  const copied = JSON.stringify(describeDiagnostics(runningSignals()));
  expect(JSON.parse(copied)).toMatchObject({
    frame_index: 42,
    device: { name: "webgpu", description: "Objects are found on WebGPU" },
    dropped_frames: 3,
    bottleneck: "Nothing is slowing the stream down.",
  });
  expect(copied).not.toMatch(/Desk camera|Gate 12/);
});
