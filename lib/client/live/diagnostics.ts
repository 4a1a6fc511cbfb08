/** The figures of the diagnostics panel, for people and for bug reports. */

import { describeBottleneck } from "./bottleneck.ts";
import type { Size } from "../../image/size.ts";
import type { DeviceInUse } from "../../protocol/device.ts";
import type { LiveSignals } from "./live_signals.ts";
import type { StreamFailureCode } from "../../../client/failure.ts";
import type { StreamStatistics } from "./stream_statistics.ts";

/** Everything that the page knows of its stream. */
export interface Diagnostics {
  /** State of the connection: `connecting`, `connected` or `disconnected`. */
  status: string;
  /** The pipeline chosen; `null` when there is none, and for viewers. */
  pipeline_id: string | null;
  /** Kind of the source, such as `camera`; `null` while none runs. */
  source: string | null;
  /** Size of the frame of the last result, such as `640×480`; `null` while there is none. */
  frame_size: string | null;
  /** Number of the last frame that has a result; `null` while there is none. */
  frame_index: number | null;
  /** Objects of the last result that are followed, such as `dog 3`: their class and the number of their track. */
  tracks: string[];
  /** Frames sent on this connection. */
  sent_frames: number;
  /** Frames of this connection that were answered with a result. */
  answered_frames: number;
  /** Frames of this connection that the server dropped. */
  dropped_frames: number;
  /** Share of all answers of this connection that were drops, between 0 and 1. */
  drop_rate: number;
  /** `slow_down` warnings on this connection. */
  slow_down_warnings: number;
  /** Why the connection failed last; `null` when it has not, and again with the next result. */
  last_error: StreamFailureCode | null;
  /** Names of the models behind the last result, the detector first; empty before it. */
  models: string[];
  /** What runs the server's detector; `null` while that is not known. */
  device: DeviceInUse | null;
  /** Size of the detector's input in use, such as `512×384`; `null` before the first result. */
  detector_input: string | null;
  /** What holds the stream up; `null` before the first result. */
  bottleneck: string | null;
  /** Figures of the last seconds; `null` before the first and while nothing runs. */
  statistics: StreamStatistics | null;
}

/** One line of the panel. */
export interface DiagnosticRow {
  /** What the figure is, such as `Round trip, median`. */
  name: string;
  /** The figure with its unit; `–` while it is not known. */
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
    frame_size: message === null ? null : formatSize(message.result.image),
    frame_index: message?.frame_index ?? null,
    tracks: (message?.result.detections ?? []).flatMap(({ label, track_id }) =>
      track_id === undefined ? [] : [`${label} ${track_id}`]
    ),
    sent_frames: live.sentFrames.value,
    answered_frames: answered,
    dropped_frames: dropped,
    drop_rate: dropped === 0 ? 0 : dropped / (answered + dropped),
    slow_down_warnings: live.slowDownWarnings.value,
    last_error: live.lastError.value?.code ?? null,
    models: [detector, recognizer].filter((model) => model !== null),
    device: live.device.value,
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
    ["Frame", diagnostics.frame_index?.toString()],
    ["Frame size", diagnostics.frame_size],
    ["Tracks", diagnostics.tracks.join(", ")],
    ["Model", diagnostics.models.join(", ")],
    ["Device", diagnostics.device?.name],
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
