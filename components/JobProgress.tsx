import type { JSX } from "preact";
import type { JobView } from "../lib/protocol/job.ts";
import type { Upload } from "../lib/client/videos/video_signals.ts";
import { formatBytes } from "../lib/client/videos/video_timeline.ts";
import { ProgressBar } from "./ProgressBar.tsx";

/** How far an upload is, in bytes. */
export function UploadProgress({ upload: { bytes, sent } }: { upload: Upload }): JSX.Element {
  // When all is sent, the server still has to write it down.
  const figures = sent < bytes ? `${formatBytes(sent)} of ${formatBytes(bytes)}` : "Almost there";
  return (
    <ProgressBar label="Uploading" share={bytes === 0 ? null : sent / bytes} figures={figures} />
  );
}

/** How far a job is, in frames. */
export function JobProgress({ job: { status, progress } }: { job: JobView }): JSX.Element {
  const { current_step, total_steps, percent } = progress;
  if (status === "pending") {
    return <ProgressBar label="Waiting for its turn" share={0} figures="" />;
  }
  return (
    <ProgressBar
      label="Looking at frames"
      share={total_steps === 0 ? null : percent / 100}
      figures={total_steps === 0 ? `${current_step} frames` : `${current_step} of ${total_steps}`}
    />
  );
}
