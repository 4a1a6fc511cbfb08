/** The state of the stream in one word and two numbers. */

import type { StreamFailure } from "../../../client/failure.ts";
import type { StageState } from "./live_signals.ts";
import type { ConnectionStatus } from "./realtime_client.ts";
import type { StreamStatistics } from "./stream_statistics.ts";

/** What the status pill shows. */
export interface StatusDescription {
  /** Colour and shape of its mark; `degraded` is slow or drops frames, `lost` ended in an error. */
  tone: "off" | "connecting" | "live" | "degraded" | "lost";
  /** The state in a word or two, such as `Live` or `Not running`. */
  word: string;
  /** Frames a second and delay, such as `14 FPS · 42 ms`; empty when there are none. */
  figures: string;
}

/** A delay that people notice. */
const NOTICEABLE_DELAY_MS = 400;
/** A share of dropped frames that shows. */
const NOTICEABLE_DROP_RATE = 0.1;
/** The lowest frame rate that still looks live. */
const LIVELY_FPS = 5;

/** Describes the stream as it is now. */
export function describeStatus(
  { stage, status, lastError, statistics }: {
    stage: StageState;
    status: ConnectionStatus;
    lastError: StreamFailure | null;
    statistics: StreamStatistics | null;
  },
): StatusDescription {
  if (stage.phase !== "running" && stage.phase !== "starting") {
    return describe("off", "Not running");
  }
  if (lastError !== null) return describe("lost", "Lost");
  if (stage.phase === "starting") return describe("connecting", "Starting");
  if (status !== "connected" || statistics === null || statistics.stages_ms === null) {
    return describe("connecting", "Connecting");
  }
  const { answered_fps, round_trip_p50_ms: delay } = statistics;
  // Viewers send nothing, so there is no delay to tell.
  const delayFigure = delay === null ? "" : ` · ${Math.round(delay)} ms`;
  const figures = `${Math.round(answered_fps)} FPS${delayFigure}`;
  return isDegraded(statistics)
    ? describe("degraded", "Slow", figures)
    : describe("live", "Live", figures);
}

function isDegraded({ answered_fps, drop_rate, round_trip_p50_ms }: StreamStatistics): boolean {
  return answered_fps < LIVELY_FPS || drop_rate > NOTICEABLE_DROP_RATE ||
    (round_trip_p50_ms ?? 0) > NOTICEABLE_DELAY_MS;
}

function describe(
  tone: StatusDescription["tone"],
  word: string,
  figures = "",
): StatusDescription {
  return { tone, word, figures };
}
