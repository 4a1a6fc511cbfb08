import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { formatTimeLeft, TimeLeft } from "../lib/client/videos/time_left.ts";
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

/** How far a job is, in frames, and how long it will go on. */
export function JobProgress({ job: { status, progress } }: { job: JobView }): JSX.Element {
  const pace = useRef(new TimeLeft());
  const { current_step, total_steps, percent } = progress;
  if (status === "pending") {
    return <ProgressBar label="Waiting for its turn" share={0} figures="" />;
  }
  if (total_steps === 0) {
    return <ProgressBar label={`Frame ${current_step}`} share={null} figures="" />;
  }
  const seconds = pace.current.update(current_step, total_steps, performance.now());
  return (
    <ProgressBar
      label={`Frame ${current_step} of ${total_steps}`}
      share={percent / 100}
      figures={seconds === null ? "" : formatTimeLeft(seconds)}
    />
  );
}
