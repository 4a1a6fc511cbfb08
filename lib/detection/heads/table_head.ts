/**
 * Heads whose one output is a table: for each box its sides and scores, as columns `[1, 4 + classes, cells]` or as rows.
 *
 * @module
 */

import { COCO_LABELS } from "../coco_labels.ts";
import { STRIDES, UNIT_RANGE } from "../../onnx/detector_layout.ts";
import type { HeadKind, Preprocessing } from "../../onnx/detector_layout.ts";
import type { Size } from "../../image/size.ts";
import { UnknownHeadError } from "../../onnx/errors.ts";
import { choosesBoxes, type ColumnEvidence, readColumns } from "./column_evidence.ts";
import { findExtras } from "./box_extras.ts";
import type { ExportFacts, FoundHead } from "./head.ts";

/** One way to read a table. */
interface Reading {
  kind: HeadKind;
  classes: number | undefined;
  /** How unusual the grids are that have so many cells: the place in {@linkcode GRID_STRIDES}. */
  rarity: number;
  /** Whether it is a YOLOX, be it decoded in the graph or not. */
  isYolox?: boolean;
}

/** Grids that heads predict on, by the strides of their cells. */
const GRID_STRIDES: readonly (readonly number[])[] = [
  STRIDES,
  [4, 8, 16, 32],
  [8, 16, 32, 64],
  [4, 8, 16, 32, 64],
];

/** Boxes for each cell of YOLOv5, v7 and their kin. */
const ANCHORS = 3;

/** How RT-DETR and D-FINE were trained: images stretched, colours from 0 to 1. */
export const STRETCHED: Preprocessing = { ...UNIT_RANGE, fit: "stretch" };

/** How YOLOX was trained: blue, green, red from 0 to 255. */
const RAW_COLOURS: Preprocessing = { ...UNIT_RANGE, order: "bgr", deviation: [1, 1, 1] };

function extraColumns(facts: ExportFacts): number {
  return findExtras(facts)?.length ?? 0;
}

/**
 * Recognises the head.
 *
 * @throws {UnknownHeadError} If the table can be read in more ways than one, and nothing tells which is right.
 */
export function findTableHead(facts: ExportFacts): FoundHead | undefined {
  const { task = "detect", names } = facts.metadata;
  const extras = findExtras(facts);
  // Columns for masks or keypoints might be taken for classes.
  if (task !== "detect" && names === undefined && extras === undefined) return undefined;
  for (const { name, shape } of facts.outputs) {
    if (shape.length !== 3 || hasBoxesApart(shape, facts)) continue;
    const reading = readTable(name, shape, facts);
    if (reading === undefined) continue;
    const isDetr = reading.kind.startsWith("detr");
    const isChosen = reading.kind === "end2end" &&
      (!isCells(shape[1] ?? -1, facts.input) ||
        choosesBoxes(facts.lookup, facts.metadata.endToEnd));
    return {
      kind: reading.kind,
      classes: reading.classes,
      outputs: [name],
      ...(extras !== undefined && { extras }),
      suppressed: isDetr || isChosen,
      ...(isDetr && { preprocessing: STRETCHED }),
      ...(reading.isYolox && { preprocessing: RAW_COLOURS }),
    };
  }
  return undefined;
}

/** Whether the boxes of a table are an output of their own, so that it holds scores alone (PP-YOLOE). */
function hasBoxesApart(shape: readonly number[], { outputs }: ExportFacts): boolean {
  return outputs.some(({ shape: other }) =>
    other.length === 3 && other !== shape && other[2] === 4 &&
    shape.slice(1).includes(other[1] ?? -1)
  );
}

function readTable(
  name: string,
  shape: readonly number[],
  facts: ExportFacts,
): Reading | undefined {
  const columns = readColumnTable(shape, facts);
  const rows = readRowTable(shape, facts, readColumns(facts.lookup, name));
  const rarity = Math.min(...[...columns, ...rows].map((reading) => reading.rarity));
  const usual = (reading: Reading) => reading.rarity === rarity;
  const isCoco = ({ classes }: Reading) => classes === COCO_LABELS.length;
  // Published models that name no classes are those of COCO.
  const likely = facts.metadata.names === undefined && rows.some(isCoco)
    ? rows.filter(isCoco)
    : rows;
  const [column] = columns.filter(usual);
  const [row, other] = likely.filter(usual);
  if (column === undefined && other !== undefined) throw ambiguous(name, shape, likely);
  return column ?? row;
}

function readColumnTable(
  [, rows = -1, cells = -1]: readonly number[],
  facts: ExportFacts,
): Reading[] {
  const rarity = gridsOf(cells, facts.input);
  const classes = rows - 4 - extraColumns(facts);
  return rarity >= 0 && fits(classes, facts) ? [{ kind: "yolov8", classes, rarity }] : [];
}

function readRowTable(
  [, rows = -1, columns = -1]: readonly number[],
  facts: ExportFacts,
  evidence: ColumnEvidence,
): Reading[] {
  const extra = extraColumns(facts);
  const ofAnchors = rows % ANCHORS === 0 ? gridsOf(rows / ANCHORS, facts.input) : -1;
  if (ofAnchors >= 0 && evidence.hasClassNumbers !== true && fits(columns - 5 - extra, facts)) {
    return [{ kind: "yolov5", classes: columns - 5 - extra, rarity: ofAnchors }];
  }
  const grids = gridsOf(rows, facts.input);
  const ofGrids = grids >= 0;
  const rarity = Math.max(0, grids);
  const { hasExponents, isRaw } = evidence;
  const isNormalized = facts.metadata.head === "RTDETRDecoder" || evidence.isNormalized;
  // Numbers of classes would have been computed.
  const hasClassNumbers = evidence.hasClassNumbers ?? (hasExponents || isRaw ? false : undefined);
  const readings = ofGrids ? readCellTable(columns - extra, grids, facts, evidence) : [];
  if (hasClassNumbers !== false && columns === 6 + extra && isNormalized !== true) {
    // A row for each of two classes looks the same; RT-DETR has it, and no other model is left without a trace of numbers.
    const isTwoScores = facts.metadata.names?.length === 2 && hasClassNumbers === undefined &&
      !ofGrids && facts.metadata.endToEnd !== true;
    if (!isTwoScores) readings.push({ kind: "end2end", classes: undefined, rarity });
  }
  if (isNormalized === false || ofGrids && isNormalized !== true || extra > 0) return readings;
  if (hasClassNumbers === true && columns === 6) {
    return [{ kind: "detr_end2end", classes: undefined, rarity }];
  }
  if (hasClassNumbers !== true && fits(columns - 4, facts, evidence)) {
    readings.push({ kind: "detr", classes: columns - 4, rarity });
  }
  return readings;
}

/** A row for each cell, of four sides, perhaps objectness, and scores. */
function readCellTable(
  columns: number,
  rarity: number,
  facts: ExportFacts,
  evidence: ColumnEvidence,
): Reading[] {
  const { hasClassNumbers, isRaw, hasExponents, isDecoupled } = evidence;
  if (hasClassNumbers === true || facts.metadata.endToEnd === true) return [];
  // Some other head whose outputs have to be decoded.
  if (isRaw === true && isDecoupled !== true) return [];
  const readings: Reading[] = [];
  // YOLOv8 computes its boxes, and without exponents; YOLOX computes them with exponents or not at all.
  if (isRaw !== true && hasExponents !== true && fits(columns - 4, facts, evidence)) {
    readings.push({ kind: "yolov8_rows", classes: columns - 4, rarity });
  }
  if (fits(columns - 5, facts, evidence)) {
    const kind = isRaw ?? true ? "yolox" : "yolov5";
    const isYolox = kind === "yolox" || isDecoupled === true;
    readings.push({ kind, classes: columns - 5, rarity, isYolox });
  }
  return readings;
}

/**
 * Whether a number of classes is the one that the model names.
 *
 * One that names none may have any number in a table that cannot be read otherwise; else it has COCO's, as published models.
 */
function fits(
  classes: number,
  { metadata: { names } }: ExportFacts,
  evidence?: ColumnEvidence,
): boolean {
  if (classes < 1) return false;
  if (names !== undefined) return classes === names.length;
  return evidence === undefined || evidence.hasClassNumbers === false ||
    evidence.isDecoupled === true || classes === COCO_LABELS.length;
}

/** Whether boxes are as many as the cells of some grids. */
export function isCells(count: number, input: Size): boolean {
  return gridsOf(count, input) >= 0;
}

/** The place in {@linkcode GRID_STRIDES} of the grids that have so many cells; -1 where none have. */
function gridsOf(count: number, input: Size): number {
  return GRID_STRIDES.findIndex((strides) => count > 0 && count === countCells(strides, input));
}

function countCells(strides: readonly number[], { width, height }: Size): number {
  return strides.reduce(
    (sum, stride) => sum + Math.ceil(width / stride) * Math.ceil(height / stride),
    0,
  );
}

const MEANINGS: Partial<Record<HeadKind, string>> = {
  yolov8_rows: "boxes and scores",
  yolox: "boxes, objectness and scores",
  yolov5: "boxes, objectness and scores",
  end2end: "corners, score and class",
  detr: "shares of the image and scores",
};

function ambiguous(name: string, shape: readonly number[], readings: readonly Reading[]) {
  const meanings = readings.map(({ kind }) => MEANINGS[kind] ?? kind).join(" or ");
  return new UnknownHeadError(
    `its output ${name} [${
      shape.join(", ")
    }] may hold ${meanings}; one that names its classes, in its metadata or in a .json beside it, works`,
  );
}
