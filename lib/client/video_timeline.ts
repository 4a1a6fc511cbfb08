/** Sums up the results of a video: what was seen when, and how much of it. */

import type { VideoFrameResult } from "./video_protocol.ts";

/** A part of the video in which something was seen all the time, in seconds. */
export interface TimeSpan {
  /** Time of the first frame with it. */
  start: number;
  /** Time at which the last frame with it ends. */
  end: number;
}

/** One row of the timeline: a class of objects, or a line of text. */
export interface TimelineRow {
  /** Whether it is a class of objects or a line of text. */
  kind: "object" | "text";
  /** Name of the class, or the text. */
  label: string;
  /** Index of the class in the model; -1 for text. */
  class_id: number;
  /** Number of different objects where they are followed, else the most that were seen at once; 1 for text. */
  count: number;
  /** Whether `count` is the number of different objects. */
  isTracked: boolean;
  /** When it was seen, in the order of time; at least one. */
  spans: TimeSpan[];
}

/** A gap of so many frames is no gap: objects flicker. */
const BRIDGED_FRAMES = 8;
/** Text that is read for a moment only is mostly misread. */
const LEAST_TEXT_FRAMES = 2;

interface Sighting {
  row: TimelineRow;
  tracks: Set<number>;
  frames: number;
  /** Index of the last result with it. */
  last: number;
}

/**
 * Makes the timeline: objects first, those that were seen longest before others, then text in the order of appearance.
 *
 * @param results In the order of the frames.
 * @param minimumConfidence Less certain objects are left out; between 0 and 1.
 */
export function buildTimeline(
  results: readonly VideoFrameResult[],
  { minimumConfidence }: { minimumConfidence: number },
): TimelineRow[] {
  const step = frameSeconds(results);
  const sightings = new Map<string, Sighting>();
  for (const [index, { timestamp_ms, result }] of results.entries()) {
    const time = timestamp_ms / 1000;
    const counts = new Map<string, number>();
    const see = (kind: TimelineRow["kind"], label: string, class_id: number, track?: number) => {
      const key = `${kind} ${label}`;
      const sighting = sightings.get(key) ?? begin(kind, label, class_id);
      sightings.set(key, sighting);
      counts.set(key, (counts.get(key) ?? 0) + 1);
      if (track !== undefined) sighting.tracks.add(track);
      extend(sighting, index, { start: time, end: time + step });
    };
    for (const { label, class_id, confidence, track_id } of result.detections) {
      if (confidence >= minimumConfidence) see("object", label, class_id, track_id);
    }
    for (const { text } of result.text_blocks) see("text", text, -1);
    for (const [key, count] of counts) {
      const row = sightings.get(key)?.row;
      if (row?.kind === "object") row.count = Math.max(row.count, count);
    }
  }
  return [...sightings.values()].filter(isWorthARow).map(finish).sort(compareRows);
}

function begin(kind: TimelineRow["kind"], label: string, class_id: number): Sighting {
  const row = { kind, label, class_id, count: 1, isTracked: false, spans: [] };
  return { row, tracks: new Set(), frames: 0, last: -Infinity };
}

function extend(sighting: Sighting, index: number, { start, end }: TimeSpan): void {
  const { spans } = sighting.row;
  const span = spans.at(-1);
  if (span !== undefined && index - sighting.last <= BRIDGED_FRAMES) span.end = end;
  else spans.push({ start, end });
  if (sighting.last !== index) sighting.frames += 1;
  sighting.last = index;
}

function isWorthARow({ row, frames }: Sighting): boolean {
  return row.kind === "object" || frames >= LEAST_TEXT_FRAMES;
}

function finish({ row, tracks }: Sighting): TimelineRow {
  return tracks.size === 0 ? row : { ...row, count: tracks.size, isTracked: true };
}

function compareRows(a: TimelineRow, b: TimelineRow): number {
  if (a.kind !== b.kind) return a.kind === "object" ? -1 : 1;
  if (a.kind === "text") return (a.spans[0]?.start ?? 0) - (b.spans[0]?.start ?? 0);
  return seconds(b) - seconds(a);
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

/** What a row says to those who do not see it: `dog: 2 objects, 0:01 to 0:12, 0:20 to 0:25`. */
export function describeRow({ kind, label, count, isTracked, spans }: TimelineRow): string {
  const shown = spans.slice(0, 12).map(({ start, end }) =>
    `${formatTime(start)} to ${formatTime(end)}`
  );
  const more = spans.length > shown.length ? `, and ${spans.length - shown.length} more` : "";
  const objects = count === 1 ? "1 object" : `${count} objects`;
  const what = kind === "text" ? "text" : isTracked ? objects : `${objects} at once`;
  return `${label}: ${what}, ${shown.join(", ")}${more}`;
}
