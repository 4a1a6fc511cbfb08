import { useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { drawAnnotatedImage } from "../lib/client/overlay/annotated_image.ts";
import { currentChoice } from "../lib/client/overlay/display_settings.ts";
import { type CaptureElement, sourceSize } from "../lib/client/live/frame_capture.ts";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";
import { OverlayRecorder } from "../lib/client/overlay/overlay_recorder.ts";
import { recordingSize } from "../lib/client/overlay/recording_size.ts";
import { fileName, saveFile } from "../lib/client/save_file.ts";
import { Icon } from "./Icon.tsx";
import { useAfterMount } from "./use_after_mount.ts";

/** A recording is kept in memory until it is saved, at some 30 MB a minute. */
const LONGEST_SECONDS = 600;

/** Records the image with its overlay as a video, and saves it when it is turned off or the image ends. */
export function RecordButton({ live, element }: RecordingOptions): JSX.Element | null {
  const isSupported = useAfterMount(() => OverlayRecorder.isSupported);
  const { isOn, seconds, news, start, finish } = useRecording({ live, element });
  if (!isSupported) return null;
  return (
    <>
      <button
        type="button"
        class="button record"
        aria-pressed={isOn}
        title={isOn ? "Stop and save the recording" : "Record a video, for up to 10 minutes"}
        disabled={live.stage.value.phase !== "running"}
        onClick={isOn ? finish : start}
      >
        <Icon name="record" />
        <span class="hidden">Record</span>
        {isOn && <span aria-hidden="true">{formatClock(seconds)}</span>}
      </button>
      <span class="hidden" role="status">{news}</span>
    </>
  );
}

interface RecordingOptions {
  live: LiveSignals;
  /** Shows the image; `null` while there is none. */
  element: () => CaptureElement | null;
}

function useRecording({ live, element }: RecordingOptions) {
  const recorder = useRef<OverlayRecorder | null>(null);
  const startedAt = useSignal<Date | null>(null);
  const seconds = useSignal(0);
  const news = useSignal("");

  const start = () => {
    const source = element();
    if (source === null) return;
    recorder.current = record(live, element, source);
    seconds.value = 0;
    startedAt.value = new Date();
    news.value = "Recording";
  };
  const finish = async () => {
    const madeAt = startedAt.peek();
    const current = recorder.current;
    if (current === null || madeAt === null) return;
    recorder.current = null;
    startedAt.value = null;
    const { video, extension } = await current.finish();
    // Empty where it was turned off before the first frame was encoded.
    if (video.size > 0) saveFile(video, fileName(madeAt, extension));
    news.value = video.size > 0 ? "Recording saved" : "Nothing was recorded";
  };
  useSignalEffect(() => {
    if (startedAt.value === null) return;
    const timer = setInterval(() => {
      seconds.value += 1;
      if (seconds.value >= LONGEST_SECONDS) finish();
    }, 1000);
    return () => clearInterval(timer);
  });
  useSignalEffect(() => {
    if (live.stage.value.phase !== "running") finish();
  });
  const isOn = startedAt.value !== null;
  return { isOn, seconds: seconds.value, news: news.value, start, finish };
}

function record(
  live: LiveSignals,
  element: () => CaptureElement | null,
  source: CaptureElement,
): OverlayRecorder {
  // A video has one size: where the camera is turned while it is recorded, its image is fitted into that.
  const size = recordingSize(sourceSize(source));
  return new OverlayRecorder({
    size,
    draw(context) {
      const shown = element();
      if (shown === null) return;
      const sized = { element: shown, size: sourceSize(shown) };
      const choice = currentChoice(live);
      drawAnnotatedImage(context, size, sized, live.lastResult.peek(), { choice });
    },
  });
}

function formatClock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
