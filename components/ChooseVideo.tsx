import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { isComplete } from "../lib/client/videos/rules_choice.ts";
import { videoLibrary } from "../lib/client/videos/video_library.ts";
import type { VideoSignals } from "../lib/client/videos/video_signals.ts";
import { Icon } from "./Icon.tsx";

/** By their endings too, since systems do not know every one of them as a video. */
const ACCEPTED = "video/*,.mp4,.m4v,.mov,.webm,.mkv,.avi,.ts,.mts,.m2ts";

/** Asks for a video file and sends it. */
export function ChooseVideo({ videos }: { videos: VideoSignals }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const open = (event: JSX.TargetedEvent<HTMLInputElement>) => {
    const file = event.currentTarget.files?.[0];
    // Emptied, so that the same file can be sent again.
    event.currentTarget.value = "";
    if (file !== undefined) videoLibrary(videos).send(file);
  };
  return (
    <>
      <button
        type="button"
        class="button primary"
        disabled={videos.live.pipelineId.value === null || !isComplete(videos.rules.value)}
        onClick={() => input.current?.click()}
      >
        <Icon name="open" />
        <span>Choose a video</span>
      </button>
      <input ref={input} type="file" accept={ACCEPTED} hidden onChange={open} />
    </>
  );
}
