/** Sums up what rules have noticed in a video. */

import type { VideoEvent } from "../../protocol/video_events.ts";
import type { TimeSpan } from "./time_spans.ts";

/** One rule that has noticed something. */
export interface EventRow {
  /** Name of the rule. */
  label: string;
  /** Its id. */
  of: string;
  /** The frames of its events, in the order of time; at least one. */
  spans: TimeSpan[];
}

/**
 * The rows of all rules that have noticed something, in the order in which they first did.
 *
 * @param events In the order of the frames
 * @param step From one frame to the next, in seconds
 */
export function eventRows(events: readonly VideoEvent[], step: number): EventRow[] {
  const rows = new Map<string, EventRow>();
  for (const { rule_id, rule_name, timestamp_ms } of events) {
    const row = rows.get(rule_id) ?? { label: rule_name, of: rule_id, spans: [] };
    rows.set(rule_id, row);
    const start = timestamp_ms / 1000;
    row.spans.push({ start, end: start + step });
  }
  return [...rows.values()];
}
