/** Sums up the results of a video: what was seen when, and how much of it. */

import { classRows } from "./class_rows.ts";
import { eventRows } from "./event_rows.ts";
import { objectRows } from "./object_rows.ts";
import { textRows } from "./text_rows.ts";
import type { TimeSpan } from "./time_spans.ts";
import type { VideoEvent } from "../../protocol/video_events.ts";
import type { VideoFrameResult } from "../../protocol/video_results.ts";

/** One row of the timeline: a rule, the objects of a label, what something is classified as, or a line of text. */
export interface TimelineRow {
  /** Which of these it is. */
  kind: "event" | "object" | "class" | "text";
  /** Name of the rule or the class, or the text as it was read most often. */
  label: string;
  /** Index of the class in the model; -1 for rules and text. */
  class_id: number;
  /** Label of the objects that are classified so, or id of the rule; left out for whole frames, and for all other rows. */
  of?: string;
  /** The most objects that were seen in one frame; 1 for all other rows. */
  atOnce: number;
  /** Number of different objects, where they were followed for long enough to tell; else `null`, as for all other rows. */
  total: number | null;
  /** When it was seen, in the order of time; at least one. */
  spans: TimeSpan[];
}

/**
 * Makes the timeline: rules first, then objects, those that were seen longest before others, then classes and text in the
 * order of appearance.
 *
 * @param results In the order of the frames.
 * @param minimumConfidence Less certain objects and classes are left out; between 0 and 1.
 * @param events What rules have noticed.
 */
export function buildTimeline(
  results: readonly VideoFrameResult[],
  { minimumConfidence, events = [] }: {
    minimumConfidence: number;
    events?: readonly VideoEvent[];
  },
): TimelineRow[] {
  const step = frameSeconds(results);
  const frames = results.map((
    { timestamp_ms, result: { detections, classes = [], text_blocks } },
  ) => ({
    classes,
    detections: detections.filter(({ confidence }) => confidence >= minimumConfidence),
    texts: text_blocks.map(({ text }) => text),
    span: { start: timestamp_ms / 1000, end: timestamp_ms / 1000 + step },
  }));
  const objects = objectRows(frames).map((row): TimelineRow => ({ kind: "object", ...row }));
  const classes = classRows(frames, minimumConfidence).map((row): TimelineRow => ({
    kind: "class",
    atOnce: 1,
    total: null,
    ...row,
  }));
  const texts = textRows(frames).map(({ text, spans }): TimelineRow => ({
    kind: "text",
    label: text,
    class_id: -1,
    atOnce: 1,
    total: null,
    spans,
  }));
  const rules = eventRows(events, step).map((row): TimelineRow => ({
    kind: "event",
    class_id: -1,
    atOnce: 1,
    total: null,
    ...row,
  }));
  return [...rules, ...objects.sort((a, b) => seconds(b) - seconds(a)), ...classes, ...texts];
}

/** What is to be said of results that the server could not read any more; `null` where there are none. */
export function describeLost(results: readonly VideoFrameResult[]): string | null {
  const lost = results.filter(({ damaged }) => damaged).length;
  if (lost === 0) return null;
  const frames = lost === 1 ? "1 frame" : `${lost} frames`;
  return `The results of ${frames} of ${results.length} are lost: they are damaged on the server.`;
}

function seconds({ spans }: TimelineRow): number {
  return spans.reduce((sum, { start, end }) => sum + end - start, 0);
}

/** The usual time from one result to the next, in seconds. */
export function frameSeconds(results: readonly VideoFrameResult[]): number {
  const first = results[0];
  const last = results.at(-1);
  if (first === undefined || last === undefined || results.length < 2) return 0.04;
  return (last.timestamp_ms - first.timestamp_ms) / 1000 / (results.length - 1);
}

/**
 * The result that belongs to a time of the video: the last one at or before it.
 *
 * @param results In the order of the frames.
 * @param time In seconds.
 * @returns `undefined` before the first result, and where none is near.
 */
export function resultAt(
  results: readonly VideoFrameResult[],
  time: number,
): VideoFrameResult | undefined {
  // A browser's time of a frame may be a hair before the file's.
  const wanted = time * 1000 + 5;
  let low = 0;
  let high = results.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((results[middle]?.timestamp_ms ?? 0) <= wanted) low = middle + 1;
    else high = middle;
  }
  const found = results[low - 1];
  const isNear = found !== undefined &&
    wanted - found.timestamp_ms <= Math.max(250, 2000 * frameSeconds(results));
  return isNear ? found : undefined;
}

/** The beginning of the next part after a time, or of the first one when there is none; in seconds. */
export function nextAppearance({ spans }: TimelineRow, time: number): number {
  return (spans.find(({ start }) => start > time + 0.05) ?? spans[0])?.start ?? 0;
}

/** A time as players show it: `1:02`, or `1:00:02`. */
export function formatTime(time: number): string {
  const seconds = Math.max(0, Math.floor(Number.isFinite(time) ? time : 0));
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60];
  const hours = Math.floor(seconds / 3600);
  const padded = parts.map((part) => String(part).padStart(2, "0"));
  return hours > 0 ? `${hours}:${padded.join(":")}` : `${parts[0]}:${padded[1]}`;
}

/** A number of bytes as people read it: `12.3 MB`, of 1048576 bytes as in the server's settings. */
export function formatBytes(bytes: number): string {
  const kilobytes = bytes / 1024;
  if (kilobytes < 1000) return `${Math.ceil(kilobytes)}\u00a0kB`;
  const megabytes = kilobytes / 1024;
  return `${megabytes < 100 ? megabytes.toFixed(1) : Math.round(megabytes)}\u00a0MB`;
}

/**
 * What a row is of, in words: `2 objects`, `up to 3 at once`, or `up to 3 at once, 12 in all`; `class of dog` or `class of
 * the image`; `text`; `3 events`.
 */
export function describeCount(
  { kind, of = "the image", atOnce, total, spans }: TimelineRow,
): string {
  if (kind === "event") return spans.length === 1 ? "1 event" : `${spans.length} events`;
  if (kind === "text") return "text";
  if (kind === "class") return `class of ${of}`;
  if (total === atOnce) return total === 1 ? "1 object" : `${total} objects`;
  const most = atOnce === 1 ? "1 at a time" : `up to ${atOnce} at once`;
  return total === null ? most : `${most}, ${total} in all`;
}

/** What a row says to those who do not see it: `dog: 2 objects, 0:01 to 0:12, 0:20 to 0:25`. */
export function describeRow(row: TimelineRow): string {
  const { label, spans } = row;
  const shown = spans.slice(0, 12).map(({ start, end }) =>
    `${formatTime(start)} to ${formatTime(end)}`
  );
  const more = spans.length > shown.length ? `, and ${spans.length - shown.length} more` : "";
  return `${label}: ${describeCount(row)}, ${shown.join(", ")}${more}`;
}
