import type { JSX } from "preact";
import { Pill } from "../components/Pill.tsx";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";
import { describeStatus } from "../lib/client/live/status_pill.ts";

/** The state of the stream, in one word and two numbers. */
export function StatusPill({ live }: { live: LiveSignals }): JSX.Element {
  const status = describeStatus({
    stage: live.stage.value,
    status: live.status.value,
    lastError: live.lastError.value,
    statistics: live.statistics.value,
  });
  return <Pill status={status} />;
}
