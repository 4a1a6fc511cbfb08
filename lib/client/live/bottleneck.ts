/** Says in words what slows a stream down. */

import type { StreamStatistics } from "./stream_statistics.ts";

/** A share of the wanted frames that counts as all of them: rates of a few seconds waver. */
const ENOUGH = 0.8;
/** A share of dropped frames that is worth a word. */
const NOTICEABLE_DROP_RATE = 0.05;
/** A delay that people notice. */
const NOTICEABLE_DELAY_MS = 250;

/**
 * Names the slowest part of a frame's path: this device, the network or the server.
 *
 * @returns One sentence; `null` before the first result.
 */
export function describeBottleneck(statistics: StreamStatistics | null): string | null {
  const { stages_ms: stages = null, round_trip_p50_ms: roundTrip = null } = statistics ?? {};
  if (statistics === null || stages === null || roundTrip === null) return null;
  const { sent_fps, target_fps, drop_rate } = statistics;
  if (drop_rate > NOTICEABLE_DROP_RATE) {
    const percent = Math.round(drop_rate * 100);
    return `The server is behind: it drops ${percent} % of the frames, and takes ` +
      `${Math.round(stages.total)} ms for each of the others.`;
  }
  if (roundTrip > NOTICEABLE_DELAY_MS || sent_fps < ENOUGH * target_fps) {
    if (stages.total > roundTrip / 2) {
      return `The server sets the pace: it takes ${Math.round(stages.total)} of the ` +
        `${Math.round(roundTrip)} ms of a round trip.`;
    }
    // Two frames may be on their way, so a round trip of two intervals is no hindrance.
    return roundTrip > 2 * 1000 / target_fps
      ? `The network sets the pace: the server takes only ${Math.round(stages.total)} of the ` +
        `${Math.round(roundTrip)} ms of a round trip.`
      : `This device sets the pace: it captures ${sent_fps.toFixed(1)} of ` +
        `${target_fps.toFixed(0)} frames a second.`;
  }
  return "Nothing is slowing the stream down.";
}
