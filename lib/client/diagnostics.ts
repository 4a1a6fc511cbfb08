/** The figures of the diagnostics panel, for people and for bug reports. */

import { describeBottleneck } from "./bottleneck.ts";
import type { Size } from "./frame_capture.ts";
import type { LiveSignals } from "./live_signals.ts";
import type { StreamFailureCode } from "./realtime_client.ts";
import type { StreamStatistics } from "./stream_statistics.ts";

/** Everything that the page knows of its stream. */
export interface Diagnostics {
  status: string;
  pipeline_id: string | null;
  source: string | null;
  /** Size of the source's own picture, such as `640×480`. */
  source_size: string | null;
  frame_index: number | null;
  /** Frames of this connection: sent, answered with a result, and dropped by the server. */
  sent_frames: number;
  answered_frames: number;
  dropped_frames: number;
  /** Share of all answers of this connection that were drops, between 0 and 1. */
  drop_rate: number;
  slow_down_warnings: number;
  last_error: StreamFailureCode | null;
  models: string[];
  /** Size of the detector's input in use, such as `512×384`; `null` before the first result. */
  detector_input: string | null;
  /** What holds the stream up; `null` before the first result. */
  bottleneck: string | null;
  statistics: StreamStatistics | null;
}

/** One line of the panel. */
export interface DiagnosticRow {
  name: string;
  value: string;
}

/** Gathers the figures as they are now. */
export function describeDiagnostics(live: LiveSignals): Diagnostics {
  const stage = live.stage.value;
  const message = live.lastResult.value;
  const { detector = null, recognizer = null } = message?.result.models ?? {};
  const quality = message?.result.quality;
  const answered = live.answeredFrames.value;
  const dropped = live.droppedFrames.value;
  return {
    status: live.status.value,
    pipeline_id: live.pipelineId.value,
    source: stage.phase === "running" ? stage.kind : null,
    source_size: stage.phase === "running" ? formatSize(stage.size) : null,
    frame_index: message?.frame_index ?? null,
    sent_frames: live.sentFrames.value,
    answered_frames: answered,
    dropped_frames: dropped,
    drop_rate: dropped === 0 ? 0 : dropped / (answered + dropped),
    slow_down_warnings: live.slowDownWarnings.value,
    last_error: live.lastError.value?.code ?? null,
    models: [detector, recognizer].filter((model) => model !== null),
    detector_input: quality === undefined ? null : formatSize(quality),
    bottleneck: describeBottleneck(live.statistics.value),
    statistics: live.statistics.value,
  };
}

/** The figures in the words of the panel; what is not known yet is a dash. */
export function diagnosticRows(diagnostics: Diagnostics): DiagnosticRow[] {
  const { statistics } = diagnostics;
  const stages = statistics?.stages_ms;
  const rows: [string, string | null | undefined][] = [
    ["Status", diagnostics.status],
    ["Source", diagnostics.source_size],
    ["Model", diagnostics.models.join(", ")],
    ["Detector input", diagnostics.detector_input],
    ["Captured", formatRate(statistics?.sent_fps, statistics?.target_fps)],
    ["Answered", formatRate(statistics?.answered_fps)],
    ["Frames sent", diagnostics.sent_frames.toString()],
    ["Frames answered", diagnostics.answered_frames.toString()],
    ["Frames dropped", formatDrops(diagnostics)],
    ["Slow-downs", diagnostics.slow_down_warnings.toString()],
    ["Backpressure", statistics?.backpressure],
    ["Round trip, median", formatMilliseconds(statistics?.round_trip_p50_ms)],
    ["Round trip, 95 %", formatMilliseconds(statistics?.round_trip_p95_ms)],
    ["Server: wait", formatMilliseconds(stages?.wait)],
    ["Server: decode", formatMilliseconds(stages?.decode)],
    ["Server: detect", formatMilliseconds(stages?.detect)],
    ["Server: read text", formatMilliseconds(stages?.ocr)],
    ["Server: total", formatMilliseconds(stages?.total)],
    ["Upload", formatBytes(statistics?.bytes_per_second)],
  ];
  return rows.map(([name, value]) => ({ name, value: value || "–" }));
}

function formatRate(fps: number | undefined, target?: number): string | null {
  if (fps === undefined) return null;
  return target === undefined
    ? `${fps.toFixed(1)} a second`
    : `${fps.toFixed(1)} of ${target.toFixed(0)} a second`;
}

function formatDrops({ dropped_frames, drop_rate }: Diagnostics): string {
  return `${dropped_frames} (${(drop_rate * 100).toFixed(1)} %)`;
}

function formatSize({ width, height }: Size): string {
  return `${width}×${height}`;
}

function formatMilliseconds(time: number | null | undefined): string | null {
  return time === null || time === undefined ? null : `${time.toFixed(1)} ms`;
}

function formatBytes(perSecond: number | undefined): string | null {
  return perSecond === undefined ? null : `${(perSecond / 1024).toFixed(0)} KB a second`;
}
