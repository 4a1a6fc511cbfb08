/**
 * Results as CSV (RFC 4180), the same for videos and for streams.
 *
 * @module
 */

import type { Classification } from "./classification.ts";
import type { BoundingBox } from "./geometry.ts";
import type { VideoFrameResult } from "./video_results.ts";

/** The columns of results as CSV, in their order; docs/protocol.md says what they hold. */
const CSV_COLUMNS = [
  ...["frame_index", "timestamp_ms", "kind", "label", "text", "confidence"],
  ...["x", "y", "width", "height", "mask", "keypoints", "polygon", "classes"],
] as const;

/** The first line of results as CSV. */
export const CSV_HEAD = `${CSV_COLUMNS.join(",")}\r\n`;

/** One row of CSV by its columns; those that it leaves out are empty. */
type CsvRow = Partial<Record<typeof CSV_COLUMNS[number], string | number>>;

/** The rows of one frame as CSV; none when nothing was found in it, and one of the kind `damaged` when that is lost. */
export function formatCsvRows(
  { frame_index, timestamp_ms, result, damaged }: VideoFrameResult,
): string {
  const { detections, classes = [], text_blocks } = result;
  const rows: CsvRow[] = damaged ? [{ kind: "damaged" }] : [
    ...detections.map(({ label, confidence, bbox, mask, keypoints, polygon, classes }) => ({
      kind: "object",
      ...{ label: escapeCsv(label), confidence, ...boxColumns(bbox) },
      ...{ mask: formatNumbers(mask), keypoints: formatNumbers(keypoints) },
      ...{ polygon: formatNumbers(polygon), classes: formatClasses(classes) },
    })),
    ...classes.map(({ label, confidence }) => ({
      ...{ kind: "class", label: escapeCsv(label), confidence },
    })),
    ...text_blocks.map(({ text, confidence, bbox, polygon }) => ({
      kind: "text",
      ...{
        text: escapeCsv(text),
        confidence,
        ...boxColumns(bbox),
        polygon: formatNumbers(polygon),
      },
    })),
  ];
  const format = (row: CsvRow) => {
    const whole: CsvRow = { frame_index, timestamp_ms, ...row };
    return `${CSV_COLUMNS.map((column) => whole[column] ?? "").join(",")}\r\n`;
  };
  return rows.map(format).join("");
}

function boxColumns([x, y, width, height]: BoundingBox): CsvRow {
  return { x, y, width, height };
}

/** Points as numbers with spaces between them, as the label files of YOLO have them. */
function formatNumbers(points: readonly number[][] = []): string {
  return points.flat().join(" ");
}

function formatClasses(classes: readonly Classification[] = []): string {
  return escapeCsv(classes.map(({ label, confidence }) => `${label} ${confidence}`).join("; "));
}

/**
 * A text as a field of CSV. What spreadsheets would take for a formula gets an apostrophe in front (OWASP, "CSV
 * injection"): text in a video is whatever somebody holds in front of the camera.
 */
export function escapeCsv(text: string): string {
  const harmless = /^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
