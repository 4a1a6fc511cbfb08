import { type Preprocessing, UNIT_RANGE } from "../../onnx/detector_layout.ts";
import { UnknownHeadError } from "../../onnx/errors.ts";
import type { ExportMetadata } from "./export_metadata.ts";
import { parsePythonLiteral } from "./python_literal.ts";

/** Largest mean or deviation that is a share of 1 rather than of 255. */
const MOST_OF_UNIT = 2;

/**
 * How images are fed: as the metadata says, else as the head was trained.
 *
 * Read are `resize` ("letterbox" or "stretch"), `order` ("rgb" or "bgr"), `mean` and `std` (three numbers each, of colours from
 * 0 to 1 or from 0 to 255).
 *
 * @throws {UnknownHeadError} If one of these is something else.
 */
export function readPreprocessing(
  { entries }: ExportMetadata,
  ofHead: Preprocessing = UNIT_RANGE,
): Preprocessing {
  const colours = (key: string) => readColours(key, entries.get(key));
  return {
    fit: choose("resize", entries.get("resize"), ["letterbox", "stretch", "crop"]) ?? ofHead.fit,
    order: choose("order", entries.get("order"), ["rgb", "bgr"]) ?? ofHead.order,
    mean: colours("mean") ?? ofHead.mean,
    deviation: colours("std") ?? ofHead.deviation,
  };
}

function choose<T extends string>(
  key: string,
  value: string | undefined,
  known: readonly T[],
): T | undefined {
  if (value === undefined) return undefined;
  const found = known.find((each) => each === value);
  if (found === undefined) {
    throw unreadable(key, value, known.map((each) => `"${each}"`).join(" or "));
  }
  return found;
}

function readColours(
  key: string,
  text: string | undefined,
): readonly [number, number, number] | undefined {
  if (text === undefined) return undefined;
  const list = parsePythonLiteral(text);
  const numbers = Array.isArray(list) ? list.filter((each) => typeof each === "number") : [];
  const [red = NaN, green = NaN, blue = NaN] = numbers;
  const least = key === "std" ? Number.EPSILON : 0;
  if (numbers.length !== 3 || !numbers.every((each) => each >= least && each <= 255)) {
    throw unreadable(key, text, "three numbers such as [0.485, 0.456, 0.406]");
  }
  const unit = Math.max(...numbers) <= MOST_OF_UNIT ? 255 : 1;
  return [red * unit, green * unit, blue * unit];
}

function unreadable(key: string, value: string, works: string): UnknownHeadError {
  const given = JSON.stringify(value.slice(0, 60));
  return new UnknownHeadError(
    `its "${key}" is ${given}; ${works} works`,
  );
}
