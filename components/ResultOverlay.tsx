import { type Signal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { JSX, RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { drawDetections } from "../lib/client/overlay/draw_detections.ts";
import { currentChoice } from "../lib/client/overlay/display_settings.ts";
import type { Point } from "../lib/protocol/geometry.ts";
import type { Size } from "../lib/image/size.ts";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";
import { mirrorResult } from "../lib/client/overlay/mirror_result.ts";
import {
  fittedRectangle,
  intersection,
  layOutOverlay,
  objectAt,
  type OverlayLayout,
} from "../lib/client/overlay/overlay_layout.ts";

/** Age at which an overlay says more of the past than of the image. */
const STALE_MS = 1000;

/** Draws the last result over the source, at any size of the stage. */
export function ResultOverlay({ live }: { live: LiveSignals }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSignal<Size>({ width: 0, height: 0 });
  const isStale = useSignal(false);
  const pointer = usePointer(canvas);
  const placed = useComputed(() => currentLayout(live, size.value));
  // The same object for most movements of the pointer, which then change nothing of what is drawn.
  const pointedAt = useComputed(() =>
    pointer.value && objectAt(pointer.value, placed.value?.detections ?? [])
  );
  const layout = useComputed(() => placed.value && { ...placed.value, pointedAt: pointedAt.value });

  useEffect(() => {
    if (canvas.current === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry === undefined) return;
      const { width, height } = entry.contentRect;
      size.value = { width, height };
    });
    observer.observe(canvas.current);
    return () => observer.disconnect();
  }, []);
  useSignalEffect(() => {
    if (canvas.current !== null) paint(canvas.current, size.value, layout.value);
  });
  useSignalEffect(() => {
    const { width, height } = live.lastResult.value?.result.image ?? {};
    const stage = canvas.current?.parentElement;
    if (width !== undefined) stage?.style.setProperty("--aspect", `${width} / ${height}`);
    // Else the shape stays, so that nothing moves while a stream is interrupted.
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
      {layout.classes.map(({ label }) => <li key={`class ${label}`}>Whole image: {label}</li>)}
      {layout.texts.map(({ text, polygon }, index) => (
        <li key={`text ${index}`} data-polygon={polygon.flat().map(Math.round).join(" ")}>
          Text: {text}
        </li>
      ))}
    </ul>
  );
}

function currentLayout(
  live: LiveSignals,
  size: Size,
): OverlayLayout | null {
  const stage = live.stage.value;
  const result = live.steppedResult.value ?? live.lastResult.value;
  if (result === null || stage.phase !== "running") return null;
  const message = stage.isMirrored ? mirrorResult(result) : result;
  // The size that the result names: a camera that is turned changes its own while results are on their way.
  const shown = fittedRectangle(
    size,
    message.result.image,
    live.fillsStage.value ? "cover" : "contain",
  );
  const visible = intersection(shown, { x: 0, y: 0, ...size });
  return layOutOverlay(message, shown, currentChoice(live), visible);
}

/** Where on the overlay the person points, or has tapped last; the canvas itself lets everything through. */
function usePointer(canvas: RefObject<HTMLCanvasElement>): Signal<Point | undefined> {
  const pointer = useSignal<Point | undefined>(undefined);
  useEffect(() => {
    const stage = canvas.current?.parentElement;
    if (!stage) return;
    const controller = new AbortController();
    const { signal } = controller;
    const point = ({ clientX, clientY }: PointerEvent) => {
      const { left, top } = stage.getBoundingClientRect();
      pointer.value = [clientX - left, clientY - top];
    };
    const leave = ({ pointerType }: PointerEvent) => {
      // A finger that is lifted leaves too, and what it tapped is to be read.
      if (pointerType === "mouse") pointer.value = undefined;
    };
    stage.addEventListener("pointermove", point, { signal });
    stage.addEventListener("pointerdown", point, { signal });
    stage.addEventListener("pointerleave", leave, { signal });
    return () => controller.abort();
  }, []);
  return pointer;
}

function paint(
  canvas: HTMLCanvasElement,
  { width, height }: Size,
  layout: OverlayLayout | null,
): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const ratio = globalThis.devicePixelRatio;
  const pixels = { width: Math.round(width * ratio), height: Math.round(height * ratio) };
  // Setting the size makes a new image, even where it is the same size.
  if (canvas.width !== pixels.width) canvas.width = pixels.width;
  if (canvas.height !== pixels.height) canvas.height = pixels.height;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  if (layout !== null) drawDetections(context, layout);
}
