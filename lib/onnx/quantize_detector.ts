/**
 * Makes a detector's network compute with 8-bit integers, by editing its ONNX graph.
 *
 * @module
 */

import { type Range, silu } from "./choose_range.ts";
import type { DetectorLayout } from "./detector_layout.ts";
import { UnfitForQuantizingError } from "./errors.ts";
import { hasIntegerForm, IntegerGraph, PIXEL_SHARE, tensorsToMeasure } from "./integer_graph.ts";
import { ancestors, constantsOf, fedInputs, producersOf, readersOf } from "./onnx_nodes.ts";
import { type OnnxGraph, type OnnxModel, type OnnxNode, serializeOnnx } from "./onnx_schema.ts";

/** From here on `DequantizeLinear` takes a scale for each channel. */
const LEAST_OPERATOR_SET = 13;

/**
 * The tensors whose ranges {@linkcode quantizeDetector} needs, and for each what is computed from it alone, through which errors
 * are to be measured.
 *
 * @throws {UnfitForQuantizingError} If the detector's network cannot be quantized
 */
export function quantizedTensors(
  { graph, opset_import }: OnnxModel,
  layout: DetectorLayout,
): Map<string, ((value: number) => number) | undefined> {
  checkOperatorSet(opset_import);
  const nodes = integerNodes(graph, layout);
  const measured = tensorsToMeasure(nodes, constantsOf(graph));
  measured.delete(imageOf(graph));
  return new Map([...measured].map((name) => [name, isGated(graph, name) ? silu : undefined]));
}

/**
 * Writes the model with its network in 8-bit integers.
 *
 * The convolutions that give boxes and logits, and what follows them, stay as they are, since rounding them costs confidence and
 * they are cheap. `model` is changed in place.
 *
 * @param ranges Of each of {@linkcode quantizedTensors}
 * @throws {UnfitForQuantizingError} If the detector's network cannot be quantized
 * @throws {TypeError} If its weights are not float32
 * @throws {RangeError} If a range is missing
 */
export function quantizeDetector(
  model: OnnxModel,
  layout: DetectorLayout,
  ranges: ReadonlyMap<string, Range>,
): Uint8Array {
  const { graph } = model;
  checkOperatorSet(model.opset_import);
  const chosen = integerNodes(graph, layout);
  const writer = new IntegerGraph(graph, ranges, [[imageOf(graph), PIXEL_SHARE]]);
  for (const node of graph.node) {
    if (chosen.has(node)) writer.addInteger(node);
    else writer.add(node);
  }
  const used = new Set(writer.nodes.flatMap((node) => node.input));
  graph.node = writer.nodes;
  graph.initializer = [...graph.initializer, ...writer.constants]
    .filter(({ name }) => used.has(name));
  return serializeOnnx(model);
}

function checkOperatorSet(sets: OnnxModel["opset_import"]): void {
  const version = Number(sets.find(({ domain }) => !domain)?.version ?? 0);
  if (version >= LEAST_OPERATOR_SET) return;
  throw new UnfitForQuantizingError(
    `Cannot quantize the model: its operator set is ${version}; export it again with opset=${LEAST_OPERATOR_SET} or newer`,
  );
}

function integerNodes(graph: OnnxGraph, { kind, outputs }: DetectorLayout): Set<OnnxNode> {
  if (kind !== "dfl") {
    throw new UnfitForQuantizingError(
      `Cannot quantize the model: its head is of the kind "${kind}", and only "dfl" (YOLOv8 to 12) can be parted from its network`,
    );
  }
  const last = lastConvolutions(graph, outputs);
  const constants = constantsOf(graph);
  return new Set(
    ancestors(graph, outputs).filter((node) => !last.has(node) && hasIntegerForm(node, constants)),
  );
}

/** What gives boxes and logits, and joins them. */
function lastConvolutions(graph: OnnxGraph, outputs: readonly string[]): Set<OnnxNode> {
  const producers = producersOf(graph);
  const last = new Set(outputs.flatMap((name) => producers.get(name) ?? []));
  // A set goes on with what is added to it meanwhile.
  for (const { op_type, input } of last) {
    if (op_type === "Conv") continue;
    for (const name of input) {
      const node = producers.get(name);
      if (node !== undefined) last.add(node);
    }
  }
  return last;
}

/** The name of the image, which is fed first. */
function imageOf(graph: OnnxGraph): string {
  return fedInputs(graph)[0]?.name ?? "";
}

/** Whether a tensor is only multiplied by its own sigmoid, which is SiLU. */
function isGated(graph: OnnxGraph, name: string): boolean {
  const readers = readersOf(graph, name);
  const sigmoid = readers.find(({ op_type }) => op_type === "Sigmoid");
  const product = readers.find(({ op_type }) => op_type === "Mul");
  return readers.length === 2 && sigmoid !== undefined &&
    (product?.input.includes(sigmoid.output[0] ?? "") ?? false);
}
