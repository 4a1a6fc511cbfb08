/**
 * What is known of the values inside a network, so that it can compute with 8-bit integers.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import * as v from "valibot";
import type { Range } from "../onnx/choose_range.ts";
import { ModelError } from "../onnx/errors.ts";
import { reasonOf } from "../user_error.ts";
import textDetector from "./calibrations/PP-OCRv6_det_small.json" with { type: "json" };
import textRecognizer from "./calibrations/PP-OCRv6_rec_small.json" with { type: "json" };
import yolov8n from "./calibrations/yolov8n.json" with { type: "json" };
import yolov8s from "./calibrations/yolov8s.json" with { type: "json" };

const CalibrationSchema = v.object({
  /** SHA-256 of the files that the model consists of, in hexadecimal. */
  model: v.string(),
  /** How many images the ranges were measured on. */
  images: v.pipe(v.number(), v.integer()),
  /** Lowest and highest value of each tensor that is rounded, by its name. */
  ranges: v.record(
    v.string(),
    v.tuple([v.pipe(v.number(), v.maxValue(0)), v.pipe(v.number(), v.minValue(0))]),
  ),
});

/** The ranges of values in a model's network; `model` is the SHA-256 of its files. */
export type Calibration = v.InferOutput<typeof CalibrationSchema>;

/**
 * Those of the catalogue's models, measured by `deno task quantize`: detectors on `coco128`, what reads text on drawn pages and on
 * photographs with text drawn into them.
 */
const SHIPPED = [yolov8n, yolov8s, textDetector, textRecognizer] as unknown as Calibration[];

/** Digits that ranges are written with. */
const DIGITS = 4;

/** Where a model's own calibration is kept. */
export function calibrationPath(modelPath: string): string {
  return join(dirname(modelPath), `${basename(modelPath, ".onnx")}.calibration.json`);
}

/**
 * The calibration of a model: the one beside it, or else the one that livesyte comes with.
 *
 * @param modelPath The model's file
 * @param network The content of the files that it consists of
 * @returns `undefined` if there is none for these very files
 * @throws {ModelError} If the one beside it cannot be read
 */
export async function findCalibration(
  modelPath: string,
  network: readonly Uint8Array[],
): Promise<Calibration | undefined> {
  const hash = hashOf(...network);
  const own = await readCalibration(calibrationPath(modelPath));
  return [...own === undefined ? [] : [own], ...SHIPPED].find(({ model }) => model === hash);
}

/** SHA-256 of a model's file, or of all files that it consists of, in hexadecimal. */
export function hashOf(...parts: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

/** The ranges in the form that quantizing takes. */
export function rangesOf({ ranges }: Calibration): Map<string, Range> {
  return new Map(
    Object.entries(ranges).map(([name, [lowest, highest]]) => [name, { lowest, highest }]),
  );
}

/**
 * Writes a calibration beside its model.
 *
 * @returns The file's path
 * @throws {ModelError} If it cannot be written
 */
export async function writeCalibration(
  modelPath: string,
  { ranges, ...rest }: Calibration,
): Promise<string> {
  const path = calibrationPath(modelPath);
  const short = Object.fromEntries(
    Object.entries(ranges).map(([name, range]) => [name, range.map(toShort)]),
  );
  const lines = Object.entries(short).map(([name, range]) =>
    `    ${JSON.stringify(name)}: ${JSON.stringify(range)}`
  );
  const [head = ""] = JSON.stringify({ ...rest, ranges: {} }, undefined, 2).split("{}");
  try {
    await Deno.writeTextFile(path, `${head}{\n${lines.join(",\n")}\n  }\n}\n`);
  } catch (cause) {
    throw new ModelError(`Cannot write ${path}: ${reasonOf(cause)}`, { cause });
  }
  return path;
}

function toShort(value: number): number {
  return Number(value.toPrecision(DIGITS));
}

async function readCalibration(path: string): Promise<Calibration | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw new ModelError(`Cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
  try {
    return v.parse(CalibrationSchema, JSON.parse(text));
  } catch (cause) {
    const message =
      `Cannot use ${path}: it is not a calibration; run "deno task quantize" to make it anew`;
    throw new ModelError(message, { cause });
  }
}
