import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { ClearVideos } from "../components/ClearVideos.tsx";
import { Icon } from "../components/Icon.tsx";
import { JobProgress, UploadProgress } from "../components/JobProgress.tsx";
import { ProblemText } from "../components/ProblemText.tsx";
import { TokenForm } from "../components/TokenForm.tsx";
import {
  canRetry,
  isFinished,
  orderJobs,
  videoLibrary,
} from "../lib/client/videos/video_library.ts";
import type { JobView } from "../lib/protocol/job.ts";
import type { Upload, VideoSignals } from "../lib/client/videos/video_signals.ts";
import { formatBytes, formatTime } from "../lib/client/videos/video_timeline.ts";

/** How long the delete button waits for the second press. */
const CONFIRM_MS = 4000;

/** Lists the videos with what can be done about each. */
export function JobList({ videos }: { videos: VideoSignals }): JSX.Element {
  useEffect(() => {
    const library = videoLibrary(videos);
    library.select(location.hash.slice(1) || null);
    library.refresh();
    const onHash = () => library.select(location.hash.slice(1) || null);
    const onVisible = () => document.hidden || library.refresh();
    globalThis.addEventListener("hashchange", onHash);
    document.addEventListener("visibilitychange", onVisible);
    return () => {
      globalThis.removeEventListener("hashchange", onHash);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, []);
  useEffect(() => videos.selectedId.subscribe(rememberSelection), []);
  const jobs = videos.jobs.value;
  const uploads = videos.uploads.value;
  // The stage asks for the token where it shows no video.
  const isOnStage = jobs === null && videos.problem.value?.asksForToken;
  const problem = isOnStage ? null : videos.problem.value;
  return (
    <section class="panel jobs" aria-labelledby="jobs-heading">
      <h2 id="jobs-heading">Videos</h2>
      <ClearVideos videos={videos} />
      <ProblemText problem={problem} />
      {problem?.asksForToken && <TokenForm />}
      {jobs?.length === 0 && uploads.length === 0 && <p class="empty">There are none yet.</p>}
      <ul>
        {uploads.map((upload) => <UploadItem key={upload.id} videos={videos} upload={upload} />)}
        {orderJobs(jobs ?? []).map((job) => <JobItem key={job.job_id} videos={videos} job={job} />)}
      </ul>
    </section>
  );
}

/** In the address, so that the video is still there after a reload. */
function rememberSelection(id: string | null): void {
  const isJob = id !== null && /^[0-9a-f-]{36}$/.test(id);
  // Before the first answer nothing is chosen, whatever the address says.
  if (id === null && location.hash === "") return;
  const address = location.pathname + location.search + (isJob ? `#${id}` : "");
  history.replaceState(null, "", address);
}

function Item({ videos, id, name, facts, actions, children }: {
  videos: VideoSignals;
  id: string;
  name: string;
  facts: string;
  actions: ComponentChildren;
  children?: ComponentChildren;
}): JSX.Element {
  const isSelected = videos.selectedId.value === id;
  return (
    <li class="job" data-selected={isSelected}>
      <button
        type="button"
        class="job-name"
        aria-current={isSelected ? "true" : undefined}
        onClick={() => videoLibrary(videos).select(id)}
      >
        <span>{name}</span>
        <span class="job-facts">{facts}</span>
      </button>
      <div class="job-actions">{actions}</div>
      {children}
    </li>
  );
}

function UploadItem({ videos, upload }: { videos: VideoSignals; upload: Upload }): JSX.Element {
  const { id, name, failure, canRetry, bytes } = upload;
  const discard = () => videoLibrary(videos).discard(id);
  return (
    <Item
      videos={videos}
      id={id}
      name={name}
      facts={failure === null ? formatBytes(bytes) : "Not uploaded"}
      actions={
        <>
          {failure !== null && canRetry && (
            <Action
              icon="retry"
              label={`Upload ${name} again`}
              onClick={() => videoLibrary(videos).sendAgain(id)}
            />
          )}
          <Action
            icon={failure === null ? "stop" : "delete"}
            label={failure === null ? `Cancel ${name}` : `Forget ${name}`}
            onClick={discard}
          />
        </>
      }
    >
      {failure === null && <UploadProgress upload={upload} />}
    </Item>
  );
}

function JobItem({ videos, job }: { videos: VideoSignals; job: JobView }): JSX.Element {
  const { job_id: id, file_name: name } = job;
  const library = () => videoLibrary(videos);
  return (
    <Item
      videos={videos}
      id={id}
      name={name}
      facts={describeJob(job)}
      actions={
        <>
          {canRetry(job) && (
            <Action
              icon="retry"
              label={`Retry ${name}`}
              onClick={() => library().change(id, "retry")}
            />
          )}
          {isFinished(job)
            ? <DeleteAction name={name} onDelete={() => library().remove(id)} />
            : (
              <Action
                icon="stop"
                label={`Cancel ${name}`}
                onClick={() => library().change(id, "cancel")}
              />
            )}
        </>
      }
    >
      {!isFinished(job) && <JobProgress job={job} />}
    </Item>
  );
}

function describeJob({ status, video, file_bytes, progress }: JobView): string {
  switch (status) {
    case "failed":
      return "Failed";
    case "cancelled":
      return `Cancelled after ${progress.current_step} frames`;
    case "completed": {
      const length = formatTime((video?.duration_ms ?? 0) / 1000);
      return `${length} · ${progress.current_step} frames · ${formatBytes(file_bytes)}`;
    }
    default:
      return formatBytes(file_bytes);
  }
}

function Action({ icon, label, onClick }: {
  icon: "retry" | "stop" | "delete";
  label: string;
  onClick: () => void;
}): JSX.Element {
  return (
    <button type="button" class="button" aria-label={label} title={label} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}

/** Asks once more before it deletes. */
function DeleteAction({ name, onDelete }: { name: string; onDelete: () => void }): JSX.Element {
  const isAsking = useSignal(false);
  if (!isAsking.value) {
    const ask = () => {
      isAsking.value = true;
      setTimeout(() => isAsking.value = false, CONFIRM_MS);
    };
    return <Action icon="delete" label={`Delete ${name}`} onClick={ask} />;
  }
  return (
    <button
      type="button"
      class="button danger"
      aria-label={`Really delete ${name}`}
      onClick={onDelete}
    >
      <span>Delete?</span>
    </button>
  );
}
