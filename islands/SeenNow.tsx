import { type Signal, useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { labelColor } from "../lib/client/label_colors.ts";
import type { LiveSignals } from "../lib/client/live_signals.ts";
import { formatPercent } from "../lib/client/overlay_layout.ts";
import type { Detection, TextBlock } from "../lib/client/protocol.ts";
import { type SeenObject, updateSeenObjects } from "../lib/client/seen_objects.ts";

/** People cannot read a list that changes with every frame. */
const REFRESH_MS = 250;
/** Age at which a result no longer tells what is seen now. */
const STALE_MS = 1000;

/** Lists what is seen now: objects by class, and the lines of text. */
export function SeenNow({ live }: { live: LiveSignals }): JSX.Element {
  const objects = useSeenObjects(live);
  const texts = live.lastResult.value?.result.text_blocks ?? [];
  const readsText = live.lastResult.value?.result.models.recognizer != null;
  const count = objects.value.reduce((sum, object) => sum + object.count, 0);
  return (
    <>
      <section class="card seen" aria-labelledby="seen-heading">
        <h2 id="seen-heading">
          Seen now <span class="tally">{count > 0 ? count : ""}</span>
        </h2>
        {objects.value.length === 0 ? <NothingSeen live={live} /> : (
          <ul class="objects">
            {objects.value.map((object) => <ObjectRow key={object.class_id} object={object} />)}
          </ul>
        )}
      </section>
      {readsText && <TextLines texts={texts} />}
    </>
  );
}

function ObjectRow({ object: { label, class_id, count, confidence } }: {
  object: SeenObject;
}): JSX.Element {
  const color = labelColor(class_id).fill;
  return (
    <li data-gone={count === 0}>
      <span class="swatch" style={{ "--label-color": color }} />
      <span class="object-label">{label}</span>
      <span class="object-count">{count > 1 ? `× ${count}` : ""}</span>
      <span class="object-confidence">{formatPercent(confidence)}</span>
      <span class="bar" aria-hidden="true">
        <span style={{ "--share": confidence, "--label-color": color }} />
      </span>
    </li>
  );
}

function NothingSeen({ live }: { live: LiveSignals }): JSX.Element {
  const isLive = live.lastResult.value !== null;
  return (
    <p class="empty">
      {isLive ? "Nothing is recognised in this picture." : "What is seen is listed here."}
    </p>
  );
}

function TextLines({ texts }: { texts: TextBlock[] }): JSX.Element {
  return (
    <section class="card" aria-labelledby="text-heading">
      <h2 id="text-heading">Text</h2>
      {texts.length === 0
        ? <p class="empty">No text is read in this picture.</p>
        : (
          <ul class="texts">
            {texts.map(({ text }, index) => <li key={index}>{text}</li>)}
          </ul>
        )}
    </section>
  );
}

/** The list of objects, renewed a few times a second. */
function useSeenObjects(live: LiveSignals): Signal<SeenObject[]> {
  const objects = useSignal<SeenObject[]>([]);
  const arrivedAt = useRef(-Infinity);
  useSignalEffect(() => {
    if (live.lastResult.value === null) objects.value = [];
    else arrivedAt.current = performance.now();
  });
  useEffect(() => {
    const timer = setInterval(() => {
      const now = performance.now();
      const isFresh = now - arrivedAt.current < STALE_MS;
      const detections = isFresh ? visibleDetections(live) : [];
      if (detections.length === 0 && objects.value.length === 0) return;
      objects.value = updateSeenObjects(objects.value, detections, now);
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  return objects;
}

function visibleDetections({ lastResult, minimumConfidence }: LiveSignals): Detection[] {
  const detections = lastResult.value?.result.detections ?? [];
  return detections.filter(({ confidence }) => confidence >= minimumConfidence.value);
}
