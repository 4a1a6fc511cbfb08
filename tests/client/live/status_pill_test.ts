import { expect } from "expect";
import type { StageState } from "../../../lib/client/live/live_signals.ts";
import { describeStatus } from "../../../lib/client/live/status_pill.ts";
import type { StreamStatistics } from "../../../lib/client/live/stream_statistics.ts";

const RUNNING: StageState = {
  phase: "running",
  kind: "camera",
  name: "Camera",
  isMirrored: false,
};
const STATISTICS: StreamStatistics = {
  target_fps: 15,
  sent_fps: 15,
  answered_fps: 14.6,
  drop_rate: 0,
  backpressure: "normal",
  bytes_per_second: 800_000,
  round_trip_p50_ms: 41.7,
  round_trip_p95_ms: 60,
  stages_ms: { wait: 0, decode: 3, detect: 22, ocr: 0, total: 25 },
};

const live = {
  stage: RUNNING,
  status: "connected",
  lastError: null,
  statistics: STATISTICS,
} as const;

function slow(changes: Partial<StreamStatistics>): ReturnType<typeof describeStatus> {
  return describeStatus({ ...live, statistics: { ...STATISTICS, ...changes } });
}

Deno.test("describeStatus is off until something runs", () => {
  for (const phase of ["welcome", "stopped"] as const) {
    expect(describeStatus({ ...live, stage: { phase } }).tone).toBe("off");
  }
});

Deno.test("describeStatus is connecting until the first result", () => {
  expect(describeStatus({ ...live, stage: { phase: "starting" } }).tone).toBe("connecting");
  expect(describeStatus({ ...live, status: "connecting", statistics: null }).tone)
    .toBe("connecting");
  expect(slow({ stages_ms: null }).tone).toBe("connecting");
});

Deno.test("describeStatus is live with frame rate and delay", () => {
  expect(describeStatus(live)).toEqual({ tone: "live", word: "Live", figures: "15 FPS · 42 ms" });
});

Deno.test("describeStatus tells viewers no delay, as they send nothing", () => {
  expect(slow({ round_trip_p50_ms: null })).toEqual({
    tone: "live",
    word: "Live",
    figures: "15 FPS",
  });
});

Deno.test("describeStatus is degraded when frames are slow, late or dropped", () => {
  expect(slow({ answered_fps: 3 }).tone).toBe("degraded");
  expect(slow({ round_trip_p50_ms: 900 }).tone).toBe("degraded");
  expect(slow({ drop_rate: 0.2 }).tone).toBe("degraded");
});

Deno.test("describeStatus is lost from a failure to the next result", () => {
  const lastError = {
    code: "connection_lost",
    detail: "",
    close_code: 1006,
    attempt: 1,
    retry_in_ms: 1000,
  } as const;
  expect(describeStatus({ ...live, lastError }).tone).toBe("lost");
  expect(describeStatus({ ...live, status: "connecting", lastError }).tone).toBe("lost");
});
