import type { ComponentChildren, JSX } from "preact";
import { canRetry, videoLibrary } from "../lib/client/videos/video_library.ts";
import type { JobView } from "../lib/protocol/job.ts";
import type { VideoSignals } from "../lib/client/videos/video_signals.ts";
import { formatBytes } from "../lib/client/videos/video_timeline.ts";
import { ChooseVideo } from "./ChooseVideo.tsx";
import { Icon } from "./Icon.tsx";
import { JobProgress, UploadProgress } from "./JobProgress.tsx";
import { ProblemNotice } from "./ProblemNotice.tsx";
import { TokenForm } from "./TokenForm.tsx";

/** What is said in place of a video. */
export function VideoNotice({ videos, job, host, maxBytes }: {
  videos: VideoSignals;
  job: JobView | undefined;
  host: string;
  maxBytes: number;
}): JSX.Element {
  const { jobs, problem } = videos;
  // The list of videos asks for it where the stage shows one.
  if (jobs.value === null && problem.value?.asksForToken) {
    return <ProblemNotice problem={problem.value} />;
  }
  const upload = videos.uploads.value.find(({ id }) => id === videos.selectedId.value);
  if (upload !== undefined) {
    return upload.failure === null
      ? (
        <Notice title={upload.name}>
          <UploadProgress upload={upload} />
        </Notice>
      )
      : (
        <Notice title={upload.failure.title} text={upload.failure.remedy} isFailure>
          {upload.failure.asksForToken
            ? <TokenForm />
            : upload.canRetry
            ? <RetryButton onClick={() => videoLibrary(videos).sendAgain(upload.id)} />
            : <ChooseVideo videos={videos} />}
        </Notice>
      );
  }
  if (job !== undefined) return <JobNotice videos={videos} job={job} />;
  return (
    <Notice title="See what is in a video, and when" isWelcome>
      <ChooseVideo videos={videos} />
      <div class="notice-aside">
        <p>
          Choose<span class="mouse-only">or drop</span> an MP4, MOV, WebM, MKV or AVI file of up to
          {" "}
          {formatBytes(maxBytes)}.
        </p>
        <p>
          It goes only to{" "}
          <strong>{host}</strong>, this page’s server, and is kept there until you delete it or
          until nobody has looked at it for six hours.
        </p>
      </div>
    </Notice>
  );
}

function JobNotice({ videos, job }: { videos: VideoSignals; job: JobView }): JSX.Element {
  const retry = () => videoLibrary(videos).change(job.job_id, "retry");
  switch (job.status) {
    case "pending":
    case "processing":
      return (
        <Notice
          title={job.file_name}
          text="You can leave this page: the server carries on by itself."
        >
          <JobProgress job={job} />
        </Notice>
      );
    case "failed":
      return (
        <Notice title={job.detail ?? "The job failed"} text={job.file_name} isFailure>
          {canRetry(job) ? <RetryButton onClick={retry} /> : <ChooseVideo videos={videos} />}
        </Notice>
      );
    case "cancelled":
      return (
        <Notice
          title="Cancelled"
          text={`${job.file_name}: the results of ${job.progress.current_step} frames are kept.`}
        >
          <RetryButton word="Resume" onClick={retry} />
        </Notice>
      );
    case "completed":
      return (
        <Notice
          title="This browser cannot play the video"
          text="The results are below. The annotated video is an MP4 that every browser plays."
          isFailure
        />
      );
  }
}

function Notice({ title, text = "", isFailure = false, isWelcome = false, children }: {
  title: string;
  text?: string;
  isFailure?: boolean;
  isWelcome?: boolean;
  children?: ComponentChildren;
}): JSX.Element {
  return (
    <div class="notice" data-phase={isWelcome ? "welcome" : "job"}>
      <div class="notice-body" role={isFailure ? "alert" : undefined}>
        {isFailure && (
          <span class="notice-mark">
            <Icon name="alert" />
          </span>
        )}
        <h2>{title}</h2>
        {text !== "" && <p>{text}</p>}
      </div>
      {children}
    </div>
  );
}

function RetryButton(
  { word = "Retry", onClick }: { word?: string; onClick: () => void },
): JSX.Element {
  return (
    <button type="button" class="button primary" onClick={onClick}>
      <Icon name="retry" />
      <span>{word}</span>
    </button>
  );
}
