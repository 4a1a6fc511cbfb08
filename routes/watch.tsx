import { page, type PageProps } from "fresh";
import { Icon } from "../components/Icon.tsx";
import { PageHeader } from "../components/PageHeader.tsx";
import { DisplayControls } from "../islands/DisplayControls.tsx";
import { RealtimeOverlay } from "../islands/RealtimeOverlay.tsx";
import { SaveResults } from "../islands/SaveResults.tsx";
import { SeenNow } from "../islands/SeenNow.tsx";
import { StatusPill } from "../islands/StatusPill.tsx";
import { WatchControls } from "../islands/WatchControls.tsx";
import { WatchPreview } from "../islands/WatchPreview.tsx";
import { createLiveSignals } from "../lib/client/live/live_signals.ts";
import { define } from "../state.ts";

/** Names the page and its style sheet. */
export const handler = define.handlers((ctx) => {
  ctx.state.title = "Watch";
  ctx.state.styles = "watch";
  return page(undefined);
});

/** The page on which people watch somebody's stream, `?session_id=`, or choose one. */
export default define.page(function WatchPage({ url }: PageProps) {
  const live = createLiveSignals();
  const sessionId = url.searchParams.get("session_id");
  return (
    <>
      <PageHeader url={url}>
        <StatusPill live={live} />
      </PageHeader>
      <main class="live">
        <h1 class="hidden">Watch a stream</h1>
        <section class="stage" aria-label="Stream">
          <div class="viewport">
            <WatchPreview live={live} sessionId={sessionId} />
            <RealtimeOverlay live={live} />
            <noscript>
              <p class="no-script">
                This page needs JavaScript, to draw what the server finds.
              </p>
            </noscript>
          </div>
          {sessionId !== null && (
            <div class="controls">
              <a class="button" href={listAddress(url)}>
                <Icon name="watch" />
                <span>All streams</span>
              </a>
              <WatchControls live={live} />
            </div>
          )}
        </section>
        <aside class="rail" aria-label="What is seen">
          <SeenNow live={live} />
          <DisplayControls live={live} />
          <SaveResults live={live} />
        </aside>
      </main>
    </>
  );
});

/** The same page without a stream; the rest of its address, such as a token, stays. */
function listAddress({ pathname, searchParams }: URL): string {
  const parameters = new URLSearchParams(searchParams);
  parameters.delete("session_id");
  return parameters.size === 0 ? pathname : `${pathname}?${parameters}`;
}
