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
  const isKnown = total_steps > 0;
  const seconds = isKnown
    ? pace.current.update(current_step, total_steps, performance.now())
    : null;
  const figures = [
    isKnown ? `${current_step} of ${total_steps}` : `${current_step} frames`,
    seconds === null ? "" : formatTimeLeft(seconds),
  ];
  return (
    <ProgressBar
      label="Looking at frames"
      share={isKnown ? percent / 100 : null}
      figures={figures.filter(Boolean).join(" · ")}
    />
  );
}
