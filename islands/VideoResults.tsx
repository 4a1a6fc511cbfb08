import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { VideoNotice } from "../components/VideoNotice.tsx";
import { apiUrl } from "../lib/client/server_api.ts";
import { videoLibrary } from "../lib/client/videos/video_library.ts";
import { videoPlayer } from "../lib/client/videos/video_player.ts";
import type { JobView } from "../lib/protocol/job.ts";
import type { VideoSignals } from "../lib/client/videos/video_signals.ts";

/** Shows the chosen video, or says how far it is. */
export function VideoResults({ videos, host, maxBytes }: {
  videos: VideoSignals;
  /** Name of the server, for the person to know where videos go. */
  host: string;
  /** Largest video that the server takes. */
  maxBytes: number;
}): JSX.Element {
  const element = useRef<HTMLVideoElement>(null);
  const job = selectedJob(videos);
  const completedId = job?.status === "completed" ? job.job_id : null;
  useEffect(() => {
    if (element.current === null) return;
    return videoPlayer(videos).attach(element.current);
  }, []);
  useEffect(() => {
    const video = element.current;
    if (video === null) return;
    if (completedId === null) {
      video.removeAttribute("src");
      video.load();
      return;
    }
    video.src = apiUrl(location.href, `/video/file/${completedId}`);
    videoLibrary(videos).loadResults(completedId);
  }, [completedId]);
  const isShown = completedId !== null && !videos.isUnplayable.value;
  return (
    <>
      <video
        ref={element}
        class="source"
        data-shown={isShown}
        data-fill={videos.live.fillsStage.value}
        aria-label={job?.file_name ?? "The video"}
        preload="auto"
        muted
        playsInline
        onClick={() => videoPlayer(videos).toggle()}
      />
      {!isShown && <VideoNotice videos={videos} job={job} host={host} maxBytes={maxBytes} />}
    </>
  );
}

function selectedJob({ jobs, selectedId }: VideoSignals): JobView | undefined {
  return jobs.value?.find(({ job_id }) => job_id === selectedId.value);
}
