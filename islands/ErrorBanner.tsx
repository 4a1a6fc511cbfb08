import type { JSX } from "preact";
import { Banner } from "../lib/components/Banner.tsx";
import { liveSession } from "../lib/client/live_session.ts";
import type { LiveSignals } from "../lib/client/live_signals.ts";

/** Says why the live stream ended and what to do, until the next result. */
export function ErrorBanner({ live }: { live: LiveSignals }): JSX.Element {
  return <Banner live={live} onRetry={() => liveSession(live).retry()} />;
}
