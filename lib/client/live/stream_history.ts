/** The figures of the last minute, for a chart. */

/** The figures at one moment. */
export interface HistoryPoint {
  /** Milliseconds, on a clock that never goes back. */
  time: number;
  /** Median time from sending a frame to its result; `null` while there is none. */
  round_trip_ms: number | null;
  /** Frames answered with a result, a second. */
  answered_fps: number;
}

/** How far the history reaches back. */
export const HISTORY_MS = 60_000;

/**
 * Adds a point to a history and forgets what is older than a minute.
 *
 * @param history Oldest first; it is not changed.
 */
export function appendHistory(
  history: readonly HistoryPoint[],
  point: HistoryPoint,
): HistoryPoint[] {
  return [...history.filter(({ time }) => time > point.time - HISTORY_MS), point];
}
