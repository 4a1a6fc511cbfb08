/**
 * The forms in which results are read from the database.
 *
 * @module
 */

import type { BoundingBox } from "../protocol/geometry.ts";
import { type AnnotationStyle, formatScriptEvents } from "./annotate/annotation_script.ts";
import type { VideoFrameResult } from "./jobs/job.ts";
import type { StoredResult } from "./jobs/database/read_result_row.ts";

/** `json` is objects with commas between them, `script` what is drawn into an annotated video. */
export type ResultFormat =
  | { type: "json" }
  | { type: "jsonl" }
  | { type: "csv" }
  | { type: "script"; style: AnnotationStyle };

/** The first line of results as CSV. */
export const CSV_HEAD = "frame_index,timestamp_ms,kind,label,text,confidence,x,y,width,height\r\n";

/** Writes one result in a form. */
export function formatResult(stored: StoredResult, format: ResultFormat): string {
  switch (format.type) {
    case "json":
      return formatJson(stored);
    case "jsonl":
      return `${formatJson(stored)}\n`;
    case "csv":
      return formatCsvRows(stored);
    case "script":
      return formatScriptEvents(stored, format.style);
  }
}

function formatJson({ frame_index, timestamp_ms, json, damaged }: StoredResult): string {
  const mark = damaged ? ',"damaged":true' : "";
  return `{"frame_index":${frame_index},"timestamp_ms":${timestamp_ms},"result":${json}${mark}}`;
}

/** The rows of one frame as CSV; none when nothing was found in it, and one of the kind `damaged` when that is lost. */
export function formatCsvRows(
  { frame_index, timestamp_ms, result, damaged }: VideoFrameResult,
): string {
  if (damaged) return `${frame_index},${timestamp_ms},damaged,,,,,,,\r\n`;
  const row = (kind: string, label: string, text: string, confidence: number, box: BoundingBox) => {
    const fields = [frame_index, timestamp_ms, kind, escapeCsv(label), escapeCsv(text)];
    return `${[...fields, confidence, ...box].join(",")}\r\n`;
  };
  return [
    ...result.detections.map(({ label, confidence, bbox }) =>
      row("object", label, "", confidence, bbox)
    ),
    ...result.text_blocks.map(({ text, confidence, bbox }) =>
      row("text", "", text, confidence, bbox)
    ),
  ].join("");
}

/**
 * A text as a field of CSV. What spreadsheets would take for a formula gets an apostrophe in front (OWASP, "CSV
 * injection"): text in a video is whatever somebody holds in front of the camera.
 */
export function escapeCsv(text: string): string {
  const harmless = /^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
