import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { FullScreenButton } from "../components/FullScreenButton.tsx";
import { Icon } from "../components/Icon.tsx";
import { isShortcut } from "../lib/client/live/shortcuts.ts";
import { videoPlayer } from "../lib/client/videos/video_player.ts";
import type { VideoSignals } from "../lib/client/videos/video_signals.ts";
import { formatTime, frameSeconds } from "../lib/client/videos/video_timeline.ts";

/** Plays, pauses and scrubs. */
export function VideoControls({ videos }: { videos: VideoSignals }): JSX.Element {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!isShortcut(event, " ")) return;
      event.preventDefault();
      videoPlayer(videos).toggle();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  const duration = videos.duration.value;
  const time = videos.time.value;
  const isPlaying = videos.isPlaying.value;
  const isIdle = duration === 0;
  return (
    <>
      <button
        type="button"
        class="button"
        disabled={isIdle}
        aria-label={isPlaying ? "Pause" : "Play"}
        onClick={() => videoPlayer(videos).toggle()}
      >
        <Icon name={isPlaying ? "pause" : "play"} />
      </button>
      <input
        class="scrubber"
        type="range"
        aria-label="Time"
        aria-valuetext={`${formatTime(time)} of ${formatTime(duration)}`}
        disabled={isIdle}
        min={0}
        max={isIdle ? 1 : duration}
        step={frameSeconds(videos.results.value?.results ?? [])}
        value={isIdle ? 0 : time}
        onInput={(event) => videoPlayer(videos).seek(event.currentTarget.valueAsNumber)}
      />
      <span class="clock">{formatTime(time)} / {formatTime(duration)}</span>
      <FullScreenButton />
    </>
  );
}
