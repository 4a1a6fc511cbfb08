import type { JSX } from "preact";
import { ResultOverlay } from "../components/ResultOverlay.tsx";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";

/** The overlay of a page with one stage. */
export function RealtimeOverlay({ live }: { live: LiveSignals }): JSX.Element {
  return <ResultOverlay live={live} />;
}
