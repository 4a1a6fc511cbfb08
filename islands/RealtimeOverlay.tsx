import { useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { drawDetections } from "../lib/client/draw_detections.ts";
import type { Size } from "../lib/client/frame_capture.ts";
import type { LiveSignals } from "../lib/client/live_signals.ts";
import {
  containedRectangle,
  layOutOverlay,
  type OverlayLayout,
} from "../lib/client/overlay_layout.ts";

/** Age at which an overlay says more of the past than of the picture. */
const STALE_MS = 1000;

/** Draws the last result over the source, at any size of the stage. */
export function RealtimeOverlay({ live }: { live: LiveSignals }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSignal<Size>({ width: 0, height: 0 });
  const layout = useSignal<OverlayLayout | null>(null);
  const isStale = useSignal(false);

  useEffect(() => {
    if (canvas.current === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) size.value = entry.contentRect;
    });
    observer.observe(canvas.current);
    return () => observer.disconnect();
  }, []);
  useSignalEffect(() => {
    layout.value = currentLayout(live, size.value);
    if (canvas.current !== null) paint(canvas.current, size.value, layout.value);
  });
  useSignalEffect(() => {
    isStale.value = false;
    if (live.lastResult.value === null) return;
    const timer = setTimeout(() => isStale.value = true, STALE_MS);
    return () => clearTimeout(timer);
  });

  return (
    <canvas ref={canvas} class="overlay" data-stale={isStale.value}>
      <OverlayText layout={layout.value} />
    </canvas>
  );
}

/** What the overlay shows, for those who do not see it: browsers give a canvas's content to assistive technology. */
function OverlayText({ layout }: { layout: OverlayLayout | null }): JSX.Element | null {
  if (layout === null) return null;
  return (
    <ul aria-label={`Found in frame ${layout.frameIndex}`} data-frame-index={layout.frameIndex}>
      {layout.detections.map(({ detection, label, box }, index) => (
        <li
          key={index}
          data-label={detection.label}
          data-box={[box.x, box.y, box.width, box.height].map(Math.round).join(" ")}
        >
          {label}
        </li>
      ))}
      {layout.texts.map(({ text }, index) => <li key={`text ${index}`}>Text: {text}</li>)}
    </ul>
  );
}

function currentLayout(live: LiveSignals, size: Size): OverlayLayout | null {
  const message = live.lastResult.value;
  const stage = live.stage.value;
  if (message === null || stage.phase !== "running") return null;
  return layOutOverlay(message, containedRectangle(size, stage.size), {
    minimumConfidence: live.minimumConfidence.value,
    showBoxes: live.showBoxes.value,
    showText: live.showText.value,
  });
}

function paint(
  canvas: HTMLCanvasElement,
  { width, height }: Size,
  layout: OverlayLayout | null,
): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const ratio = globalThis.devicePixelRatio;
  // Setting the size clears the canvas too.
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  context.scale(ratio, ratio);
  if (layout !== null) drawDetections(context, layout);
}
