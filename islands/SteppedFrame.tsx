import { useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";
import { isInStep, SteppedFrames } from "../lib/client/live/stepped_frames.ts";

/** Lies over the live image with the last answered frame, where the person wants to see image and boxes in step. */
export function SteppedFrame({ live }: { live: LiveSignals }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const frames = useRef<SteppedFrames>();
  useSignalEffect(() => {
    const answered = live.lastAnswered.value;
    if (!isInStep(live) || answered === null) live.steppedResult.value = null;
    else if (canvas.current !== null) {
      (frames.current ??= new SteppedFrames(live)).show(answered, canvas.current);
    }
  });
  const stage = live.stage.value;
  return (
    <canvas
      ref={canvas}
      class="source"
      width={0}
      height={0}
      data-shown={live.steppedResult.value !== null}
      data-fill={live.fillsStage.value}
      data-mirrored={stage.phase === "running" && stage.isMirrored}
      aria-hidden="true"
    />
  );
}
