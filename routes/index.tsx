import { page, type PageProps } from "fresh";
import { PageHeader } from "../components/PageHeader.tsx";
import { CameraPreview } from "../islands/CameraPreview.tsx";
import { DisplayControls } from "../islands/DisplayControls.tsx";
import { ErrorBanner } from "../islands/ErrorBanner.tsx";
import { PipelineSelector } from "../islands/PipelineSelector.tsx";
import { RealtimeOverlay } from "../islands/RealtimeOverlay.tsx";
import { SaveResults } from "../islands/SaveResults.tsx";
import { SeenNow } from "../islands/SeenNow.tsx";
import { SourceControls } from "../islands/SourceControls.tsx";
import { StageControls } from "../islands/StageControls.tsx";
import { StatusPill } from "../islands/StatusPill.tsx";
import { SteppedFrame } from "../islands/SteppedFrame.tsx";
import { StreamDebugPanel } from "../islands/StreamDebugPanel.tsx";
import { createLiveSignals } from "../lib/client/live/live_signals.ts";
import { define } from "../state.ts";

/** Names the page and its style sheet. */
export const handler = define.handlers((ctx) => {
  ctx.state.title = "Live";
  ctx.state.styles = "live";
  return page(undefined);
});

/** The live page: a stage with the image, and a rail with what is seen. */
export default define.page(function LivePage({ url }: PageProps) {
  const live = createLiveSignals();
  return (
    <>
      <PageHeader url={url}>
        <StatusPill live={live} />
      </PageHeader>
      <main class="live">
        <h1 class="hidden">Live recognition</h1>
        <section class="stage" aria-label="Live image">
          <div class="viewport">
            <CameraPreview live={live} host={url.host} />
            <SteppedFrame live={live} />
            <RealtimeOverlay live={live} />
            <ErrorBanner live={live} />
            <noscript>
              <p class="no-script">
                This page needs JavaScript, to read the camera and to draw what the server finds.
              </p>
            </noscript>
          </div>
          <div class="controls">
            <div class="setup">
              <SourceControls live={live} />
              <PipelineSelector live={live} />
            </div>
            <StageControls live={live} />
          </div>
        </section>
        <aside class="rail" aria-label="What is seen">
          <SeenNow live={live} />
          <DisplayControls live={live} canStep />
          <SaveResults live={live} />
          <StreamDebugPanel live={live} />
          <p class="hint">
            <kbd>Space</kbd> starts and stops
          </p>
        </aside>
      </main>
    </>
  );
});
