import { COCO_LABELS } from "../coco_labels.ts";
import { UnknownHeadError } from "../../onnx/errors.ts";

/** Numbers of COCO's categories, from 1 to 90, that stand for nothing in its detection data. */
const UNUSED_CATEGORIES = new Set([12, 26, 29, 30, 45, 66, 68, 69, 71, 83]);

/** Columns of a model with one for each number of COCO's categories, beginning with 0. */
const CATEGORY_COLUMNS = 91;

/**
 * Names the classes of a model: as it names them itself, else as COCO does, else by their numbers.
 *
 * @param names As in {@linkcode ExportMetadata.names}
 * @param classes Number of classes that its outputs have room for; `undefined` where they do not tell
 * @throws {UnknownHeadError} If it names more classes than it has, or leaves out some at the end.
 */
export function labelClasses(
  names: readonly (string | undefined)[] | undefined,
  classes: number | undefined,
): string[] {
  const count = classes ?? names?.length ?? COCO_LABELS.length;
  if (names !== undefined && names.length !== count && names.length + 1 !== count) {
    throw new UnknownHeadError(
      `it names ${names.length} classes, but its outputs have ${count}; an export with the names that it was trained with works`,
    );
  }
  const fallback = names === undefined ? cocoLabels(count) : [];
  return Array.from({ length: count }, (_, i) => names?.[i] ?? fallback[i] ?? `class_${i}`);
}

function cocoLabels(count: number): readonly (string | undefined)[] {
  if (count === COCO_LABELS.length) return COCO_LABELS;
  if (count !== CATEGORY_COLUMNS) return [];
  const left = [...COCO_LABELS];
  return Array.from(
    { length: count },
    (_, number) => number === 0 || UNUSED_CATEGORIES.has(number) ? undefined : left.shift(),
  );
}
