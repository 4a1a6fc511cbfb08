import { page, type PageProps } from "fresh";
import { UsePhone } from "../components/UsePhone.tsx";
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
import { lanUrls } from "../lib/front/lan.ts";
import { createLiveSignals } from "../lib/client/live/live_signals.ts";
import { define } from "../state.ts";

/** What the page is told by its server. */
interface LivePageData {
  /** Where phones find this page; `undefined` where they do not, or have no camera for it. */
  phoneAddress: string | undefined;
  /** Where other devices find this server; `undefined` where they do not. */
  lanOrigin: string | undefined;
}

/** Names the page and its style sheet. */
export const handler = define.handlers((ctx) => {
  ctx.state.title = "Live";
  ctx.state.styles = "live";
  const { hostname, front } = ctx.state.services.config;
  // With the token that this page was opened with, which is nobody else's business.
  const [address] = lanUrls(ctx.url.href, hostname);
  return page<LivePageData>({
    phoneAddress: front.tls === undefined ? undefined : address,
    lanOrigin: address && new URL(address).origin,
  });
});

/** The live page: a stage with the image, and a rail with what is seen. */
export default define.page(function LivePage({ url, data }: PageProps<LivePageData>) {
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
            <StageControls live={live} lanOrigin={data.lanOrigin} />
          </div>
        </section>
        <aside class="rail" aria-label="What is seen">
          <SeenNow live={live} />
          {data.phoneAddress !== undefined && <UsePhone address={data.phoneAddress} />}
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
