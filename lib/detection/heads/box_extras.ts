/** What a network tells of each object behind its box and its scores. @module */

import type { BoxExtras } from "../../onnx/detector_layout.ts";
import type { GraphLookup } from "../../onnx/graph_lookup.ts";
import type { ExportFacts, FoundHead } from "./head.ts";

/** What the metadata and the shapes of the outputs tell of columns behind boxes and classes; `undefined` without any. */
export function findExtras({ metadata, outputs }: ExportFacts): BoxExtras | undefined {
  const { task, keypoints } = metadata;
  if (task === "obb") return { kind: "angle", length: 1 };
  if (keypoints !== undefined) {
    const { count, numbers } = keypoints;
    return { kind: "keypoints", length: count * numbers, names: keypoints.names };
  }
  // Prototypes of masks: `[1, coefficients, h, w]`.
  const prototypes = outputs.find(({ shape }) => shape.length === 4 && (shape[1] ?? -1) > 0);
  return prototypes && {
    kind: "masks",
    length: prototypes.shape[1] ?? 0,
    prototypes: prototypes.name,
  };
}

/**
 * Reads, beside the grids of boxes and classes, what lies behind them: from the tensor `[1, length, cells]` that the graph joins to
 * them in its first output.
 *
 * @returns `undefined` where there is no such tensor, or where boxes are turned within the graph
 */
export function withExtras(
  { lookup, outputs }: ExportFacts,
  grids: FoundHead,
  extras: BoxExtras,
): FoundHead | undefined {
  const [table] = outputs;
  const columns = 4 + (grids.classes ?? 0) + extras.length;
  if (extras.kind === "angle" || !table?.shape.slice(1).includes(columns)) return undefined;
  const behind = findLastPart(lookup, table.name);
  if (behind === undefined) return undefined;
  return { ...grids, extras, outputs: [...grids.outputs, behind] };
}

/** What is joined last to the columns of a table, before they are transposed or widened. */
function findLastPart(lookup: GraphLookup, table: string): string | undefined {
  let node = lookup.producer(lookup.original(table));
  // Networks that compute with 16 bits widen their outputs.
  while (node !== undefined && ["Transpose", "Cast"].includes(node.op_type)) {
    node = lookup.producer(lookup.original(node.input[0] ?? ""));
  }
  if (node?.op_type !== "Concat") return undefined;
  const axis = Number(node.attribute.find(({ name }) => name === "axis")?.i ?? 0);
  const last = node.input.at(-1) ?? "";
  // That would be the scores.
  const isScores = lookup.producer(lookup.original(last))?.op_type === "Sigmoid";
  const isComputed = lookup.producer(last) !== undefined;
  return [1, -2].includes(axis) && isComputed && !isScores ? last : undefined;
}
