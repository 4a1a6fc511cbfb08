import { type Signal, useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";
import { NewObjectAnnouncer } from "../lib/client/live/new_objects.ts";
import { className, formatPercent } from "../lib/image/captions.ts";
import { chosenClasses, chosenDetections } from "../lib/client/overlay/overlay_layout.ts";
import { pageColors } from "../lib/client/overlay/present_colors.ts";
import type { TextBlock } from "../lib/protocol/text_block.ts";
import {
  type SeenObject,
  type SeenRow,
  seenRows,
  updateSeenObjects,
} from "../lib/client/live/seen_objects.ts";

/** People cannot read a list that changes with every frame. */
const REFRESH_MS = 250;
/** Age at which a result no longer tells what is seen now. */
const STALE_MS = 1000;

/** Lists what is seen now: objects by class, what the image as a whole shows, and the lines of text. */
export function SeenNow({ live }: { live: LiveSignals }): JSX.Element {
  const { objects, classes, announcement } = useSeenObjects(live);
  const texts = live.lastResult.value?.result.text_blocks ?? [];
  const readsText = live.lastResult.value?.result.models.recognizer != null;
  const classifies = live.lastResult.value?.result.classes !== undefined;
  const findsNoObjects = live.lastResult.value?.result.models.detector === null;
  const rows = seenRows(objects.value, live.hiddenLabels.value);
  const count = rows.reduce((sum, row) => sum + (row.isHidden ? 0 : row.object?.count ?? 0), 0);
  return (
    <>
      <p class="hidden" role="status">{announcement}</p>
      <section class="panel seen" aria-labelledby="seen-heading" hidden={findsNoObjects}>
        <h2 id="seen-heading">
          Seen now <span class="tally">{count > 0 ? count : ""}</span>
        </h2>
        {rows.length === 0 ? <NothingSeen live={live} /> : (
          <ul class="objects">
            {rows.map((row) => <ObjectRow key={row.label} row={row} hidden={live.hiddenLabels} />)}
          </ul>
        )}
      </section>
      {classifies && <WholeImage classes={classes.value} hidden={live.hiddenLabels} />}
      {readsText && <TextLines texts={texts} />}
    </>
  );
}

/** What the image as a whole is classified as. */
function WholeImage({ classes, hidden }: {
  classes: SeenObject[];
  hidden: Signal<readonly string[]>;
}): JSX.Element {
  return (
    <section class="panel whole" aria-labelledby="whole-heading">
      <h2 id="whole-heading">Whole image</h2>
      {classes.length === 0
        ? <p class="empty">The image is of none of the known classes.</p>
        : (
          <ul class="objects">
            {classes.map((object) => {
              const { label } = object;
              const isHidden = hidden.value.includes(label);
              return <ObjectRow key={label} row={{ label, object, isHidden }} hidden={hidden} />;
            })}
          </ul>
        )}
    </section>
  );
}

/** A class with its colour, which shows and hides it like an entry of a legend. */
function ObjectRow({ row: { label, object, isHidden }, hidden }: {
  row: SeenRow;
  hidden: Signal<readonly string[]>;
}): JSX.Element {
  const colors = object === null ? null : pageColors.of(object.class_id);
  const toggle = () => {
    const others = hidden.value.filter((other) => other !== label);
    hidden.value = isHidden ? others : [...others, label];
  };
  return (
    <li data-gone={object === null || object.count === 0 || isHidden}>
      <label title={isHidden ? "Show in the image" : "Hide in the image"}>
        <input
          type="checkbox"
          class="swatch"
          checked={!isHidden}
          style={{ "--label-color": colors?.fill, "--check-color": colors?.text }}
          onInput={toggle}
        />
        <span class="object-label">{className(label)}</span>
        <span class="object-count">
          {object !== null && object.count > 1 ? `× ${object.count}` : ""}
        </span>
        <span class="object-confidence">
          {object === null ? "hidden" : formatPercent(object.confidence)}
        </span>
        <span class="bar" aria-hidden="true">
          <span style={{ "--share": object?.confidence ?? 0 }} />
        </span>
      </label>
    </li>
  );
}

function NothingSeen({ live }: { live: LiveSignals }): JSX.Element {
  const isLive = live.lastResult.value !== null;
  return (
    <p class="empty">
      {isLive ? "Nothing is recognised in this image." : "What is seen appears here."}
    </p>
  );
}

function TextLines({ texts }: { texts: TextBlock[] }): JSX.Element {
  return (
    <section class="panel text" aria-labelledby="text-heading">
      <h2 id="text-heading">Text</h2>
      {texts.length === 0
        ? <p class="empty">No text is read in this image.</p>
        : (
          <ul class="texts" tabIndex={0}>
            {texts.map(({ text, stable }, index) => (
              <li key={index} data-settling={stable === false}>{text}</li>
            ))}
          </ul>
        )}
    </section>
  );
}

/** What the lists show, renewed a few times a second, and what screen readers are told of what is new. */
function useSeenObjects(
  live: LiveSignals,
): {
  objects: Signal<SeenObject[]>;
  classes: Signal<SeenObject[]>;
  announcement: Signal<string>;
} {
  const objects = useSignal<SeenObject[]>([]);
  const classes = useSignal<SeenObject[]>([]);
  const announcement = useSignal("");
  const arrivedAt = useRef(-Infinity);
  useSignalEffect(() => {
    if (live.lastResult.value === null) objects.value = classes.value = [];
    else arrivedAt.current = performance.now();
  });
  useEffect(() => {
    const announcer = new NewObjectAnnouncer();
    const timer = setInterval(() => {
      const now = performance.now();
      const shown = [...objects.value, ...classes.value.slice(0, 1)].map(({ label }) => label)
        .filter((label) => !live.hiddenLabels.value.includes(label));
      announcement.value = announcer.update(shown, now);
      const isFresh = now - arrivedAt.current < STALE_MS;
      const result = isFresh ? live.lastResult.value?.result : undefined;
      // Classes that are not shown are listed all the same, so that they can be shown again.
      const choice = { minimumConfidence: live.minimumConfidence.value, hiddenLabels: [] };
      const detections = chosenDetections(result?.detections ?? [], choice);
      const seen = updateSeenObjects(objects.value, detections, now);
      if (seen.length > 0 || objects.value.length > 0) objects.value = seen;
      const likeliest = chosenClasses(result?.classes, choice);
      if (likeliest.length > 0 || classes.value.length > 0) {
        classes.value = likeliest.map((each) => ({
          ...each,
          count: 1,
          usualCount: 1,
          last_seen: now,
        }));
      }
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  return { objects, classes, announcement };
}
