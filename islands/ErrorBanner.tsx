import type { JSX } from "preact";
import { Banner } from "../components/Banner.tsx";
import { BannerBox } from "../components/BannerBox.tsx";
import { liveSession } from "../lib/client/live/live_session.ts";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";

/** Says why the live stream ended and what to do, until the next result, or why a file is not shown. */
export function ErrorBanner({ live }: { live: LiveSignals }): JSX.Element {
  const { fileProblem } = live;
  if (fileProblem.value !== null) {
    return (
      <BannerBox why={fileProblem.value}>
        <button type="button" class="button" onClick={() => fileProblem.value = null}>Close</button>
      </BannerBox>
    );
  }
  return <Banner live={live} onRetry={() => liveSession(live).retry()} />;
}
