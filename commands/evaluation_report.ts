/** How an evaluation is printed: as tables for people, and as JSON. */

import { SIZE_NAMES } from "../lib/evaluation/area_ranges.ts";
import type { Accuracy, Evaluation } from "../lib/evaluation/evaluate_detections.ts";
import type { Size } from "../lib/image/size.ts";
import { printable } from "./printable.ts";

/** A detector, and how accurate it is. */
export interface EvaluatedDetector {
  /** Name of the model's file. */
  model: string;
  /** Size of its input, in pixels. */
  input: Size;
  /** Whether images of another shape were looked at in an input of theirs, of as many pixels. */
  fits_frames: boolean;
  /** The tiles that it looked at beside the whole image, such as `2x2`; `null` for none. */
  tiles: string | null;
  /** What it computes with. */
  arithmetic: "float32" | "8 bits";
  evaluation: Evaluation;
}

/** Everything that the command has found out. */
export interface EvaluationReport {
  folder: string;
  /** Number of images. */
  images: number;
  /** What detections have to exceed to count for precision and recall. */
  confidence: number;
  /** Overlap above which the weaker of two boxes of one class was dropped. */
  iou: number;
  /** Names of the classes that have objects, by their index in the model. */
  classNames: ReadonlyMap<number, string>;
  /** As the server runs it. */
  inUse: EvaluatedDetector;
  /** As it was exported. */
  uncut: EvaluatedDetector;
}

const METRICS = {
  map50_95: "mAP50-95",
  map50: "mAP50",
  precision: "precision",
  recall: "recall",
  ar100: "AR100",
} as const satisfies Partial<Record<keyof Accuracy, string>>;

const METRIC_KEYS = Object.keys(METRICS) as (keyof typeof METRICS)[];

/** One JSON object, with shares from 0 to 1, and `null` where there is nothing to be found. */
export function toJson(report: EvaluationReport): string {
  const { folder, images, confidence, iou, inUse, uncut } = report;
  const describe = ({ evaluation, ...rest }: EvaluatedDetector) => ({
    ...rest,
    all: evaluation.all ?? null,
    sizes: Object.fromEntries(SIZE_NAMES.map((size) => [size, evaluation.sizes[size] ?? null])),
    classes: [...evaluation.classes].map(([classId, accuracy]) => ({
      class_id: classId,
      name: report.classNames.get(classId),
      ...accuracy,
    })),
  });
  const json = {
    folder,
    images,
    objects: inUse.evaluation.all?.objects ?? 0,
    confidence,
    iou,
    in_use: describe(inUse),
    uncut: describe(uncut),
  };
  return `${JSON.stringify(json)}\n`;
}

/** Tables of both detectors, by size and by class. */
export function formatReport(report: EvaluationReport): string {
  const { folder, images, confidence, inUse, uncut } = report;
  const { all, classes } = inUse.evaluation;
  const objects = all?.objects ?? 0;
  const counts = `${count(images, "image")}, ${count(objects, "object")} of ${
    count(classes.size, "class", "classes")
  }`;
  const tables = [
    table(`In use: ${describe(inUse)}`, sizeRows(inUse.evaluation)),
    table(`As exported: ${describe(uncut)}`, sizeRows(uncut.evaluation)),
    table("By class, in use", classRows(report)),
  ];
  const note = `Precision and recall: at an overlap of 0.5, above a confidence of ${confidence}`;
  return [`${printable(folder)}: ${counts}`, note, ...tables].join("\n\n").replace("\n\n", "\n") +
    "\n";
}

type Row = [name: string, accuracy: Accuracy | undefined, ...others: string[]];

function sizeRows({ all, sizes }: Evaluation): Row[] {
  return [["all", all], ...SIZE_NAMES.map((size): Row => [size, sizes[size]])];
}

function classRows({ classNames, inUse, uncut }: EvaluationReport): Row[] {
  return [...inUse.evaluation.classes].map(([classId, accuracy]) => {
    const exported = uncut.evaluation.classes.get(classId)?.map50_95;
    return [classNames.get(classId) ?? "", accuracy, share(exported)];
  });
}

function table(title: string, rows: readonly Row[]): string {
  const hasOthers = rows.some(([, , ...others]) => others.length > 0);
  const header = ["", "objects", ...Object.values(METRICS), ...hasOthers ? ["exported"] : []];
  const body = rows.map(([name, accuracy, ...others]) => [
    printable(name),
    String(accuracy?.objects ?? 0),
    ...METRIC_KEYS.map((key) => share(accuracy?.[key])),
    ...others,
  ]);
  const widths = header.map((_, column) =>
    Math.max(...[header, ...body].map((cells) => cells[column]?.length ?? 0))
  );
  const lines = [header, ...body].map((cells) =>
    cells.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
    ).join("  ")
  );
  return [printable(title), ...lines.map((line) => `  ${line}`)].join("\n");
}

function describe(
  { model, input, fits_frames, tiles, arithmetic }: EvaluatedDetector,
): string {
  const size = `${input.width}x${input.height}${fits_frames ? " or as many pixels" : ""}`;
  return `${model} at ${size}${tiles === null ? "" : `, tiles ${tiles}`}, ${arithmetic}`;
}

function share(value: number | undefined): string {
  return value === undefined ? "-" : value.toFixed(3);
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
