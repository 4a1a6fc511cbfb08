import { page, type PageProps } from "fresh";
import { DisplayControls } from "../islands/DisplayControls.tsx";
import { JobList } from "../islands/JobList.tsx";
import { RealtimeOverlay } from "../islands/RealtimeOverlay.tsx";
import { VideoControls } from "../islands/VideoControls.tsx";
import { VideoResults } from "../islands/VideoResults.tsx";
import { VideoTimeline } from "../islands/VideoTimeline.tsx";
import { VideoUpload } from "../islands/VideoUpload.tsx";
import { createVideoSignals } from "../lib/client/videos/video_signals.ts";
import { PageHeader } from "../components/PageHeader.tsx";
import { define } from "../state.ts";

/** What the page is told by its server. */
interface VideosPageData {
  /** How large a video may be. */
  maxBytes: number;
  /** Whether there are sets of rules. */
  hasSets: boolean;
}

/** Names the page and its style sheet. */
export const handler = define.handlers((ctx) => {
  ctx.state.title = "Videos";
  ctx.state.styles = "videos";
  const { config, rules } = ctx.state.services;
  return page<VideosPageData>({
    maxBytes: config.video.maxUploadBytes,
    hasSets: rules.hasSets,
  });
});

/** The video page: a stage with the player and a timeline below it, and a rail with the videos. */
export default define.page<typeof handler>(function VideosPage(
  { url, data }: PageProps<VideosPageData>,
) {
  const videos = createVideoSignals();
  return (
    <>
      <PageHeader url={url} />
      <main class="live videos">
        <h1 class="hidden">Video files</h1>
        <div class="screening">
          <section class="stage" aria-label="Video">
            <div class="viewport">
              <VideoResults videos={videos} host={url.host} maxBytes={data.maxBytes} />
              <RealtimeOverlay live={videos.live} />
              <noscript>
                <p class="no-script">
                  This page needs JavaScript, to send videos and to draw what the server finds.
                </p>
              </noscript>
            </div>
            <div class="controls">
              <VideoControls videos={videos} />
            </div>
          </section>
          <VideoTimeline videos={videos} />
        </div>
        <aside class="rail" aria-label="Videos and display">
          <VideoUpload videos={videos} hasSets={data.hasSets} />
          <JobList videos={videos} />
          <DisplayControls live={videos.live} />
        </aside>
      </main>
    </>
  );
});
