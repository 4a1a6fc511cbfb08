/**
 * The forms in which results are read from the database.
 *
 * @module
 */

import { formatCsvRows } from "../protocol/results_csv.ts";
import { type AnnotationStyle, formatScriptEvents } from "./annotate/annotation_script.ts";
import type { StoredResult } from "./jobs/database/read_result_row.ts";

/** `json` is objects with commas between them, `script` what is drawn into an annotated video. */
export type ResultFormat =
  | { type: "json" }
  | { type: "jsonl" }
  | { type: "csv" }
  | { type: "script"; style: AnnotationStyle };

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
