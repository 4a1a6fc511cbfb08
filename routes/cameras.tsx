import { page, type PageProps } from "fresh";
import { Icon } from "../components/Icon.tsx";
import { linkTo, PageHeader } from "../components/PageHeader.tsx";
import { CameraControls } from "../islands/CameraControls.tsx";
import { CameraFacts } from "../islands/CameraFacts.tsx";
import { CameraGrid } from "../islands/CameraGrid.tsx";
import { CameraRules } from "../islands/CameraRules.tsx";
import { CameraStage } from "../islands/CameraStage.tsx";
import { CameraStatus } from "../islands/CameraStatus.tsx";
import { DisplayControls } from "../islands/DisplayControls.tsx";
import { RealtimeOverlay } from "../islands/RealtimeOverlay.tsx";
import { RuleOverlay } from "../islands/RuleOverlay.tsx";
import { SaveResults } from "../islands/SaveResults.tsx";
import { SeenNow } from "../islands/SeenNow.tsx";
import { createCameraSignals } from "../lib/client/cameras/camera_signals.ts";
import { createLiveSignals } from "../lib/client/live/live_signals.ts";
import { define } from "../state.ts";

/** Names the page and its style sheet. */
export const handler = define.handlers((ctx) => {
  ctx.state.title = "Cameras";
  ctx.state.styles = "cameras";
  return page(undefined);
});

/** The page for the cameras that the server opens itself: all of them, or with `?id=` one large. */
export default define.page(function CamerasPage({ url }: PageProps) {
  const id = url.searchParams.get("id");
  return id === null ? <AllCameras url={url} /> : <OneCamera url={url} id={id} />;
});

function AllCameras({ url }: { url: URL }) {
  return (
    <>
      <PageHeader url={url} />
      <main class="cameras">
        <CameraGrid signals={createCameraSignals()} />
        <NoScript />
      </main>
    </>
  );
}

function OneCamera({ url, id }: { url: URL; id: string }) {
  const signals = createCameraSignals();
  const live = createLiveSignals();
  return (
    <>
      <PageHeader url={url}>
        <CameraStatus signals={signals} live={live} id={id} />
      </PageHeader>
      <main class="live camera">
        <h1 class="hidden">Camera</h1>
        <section class="stage" aria-label="Image">
          <div class="viewport">
            <CameraStage signals={signals} live={live} id={id} />
            <RuleOverlay signals={signals} live={live} id={id} />
            <RealtimeOverlay live={live} />
            <NoScript />
          </div>
          <div class="controls">
            <a class="button" href={linkTo("/cameras", url)}>
              <Icon name="grid" />
              <span>All cameras</span>
            </a>
            <CameraControls signals={signals} live={live} />
          </div>
        </section>
        <aside class="rail" aria-label="What is seen">
          <SeenNow live={live} />
          <DisplayControls live={live} />
          <CameraRules signals={signals} id={id} />
          <CameraFacts signals={signals} id={id} />
          <SaveResults live={live} />
        </aside>
      </main>
    </>
  );
}

function NoScript() {
  return (
    <noscript>
      <p class="no-script">This page needs JavaScript, to show what the cameras see.</p>
    </noscript>
  );
}
