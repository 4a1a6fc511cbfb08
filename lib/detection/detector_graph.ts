/**
 * Specializes an object detector's ONNX graph for one input size by editing it.
 *
 * @module
 */

import type { Size } from "../image/size.ts";
import type { DetectorLayout } from "../onnx/detector_layout.ts";
import { UnknownHeadError } from "../onnx/errors.ts";
import { GraphLookup } from "../onnx/graph_lookup.ts";
import { ancestors, operation } from "../onnx/onnx_nodes.ts";
import {
  ATTRIBUTE_TYPES,
  dimensions,
  ELEMENT_TYPES,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxValueInfo,
  serializeOnnx,
  valueInfo,
} from "../onnx/onnx_schema.ts";
import { imageInputs, inputSize } from "./detector_inputs.ts";
import { findExtras, withExtras } from "./heads/box_extras.ts";
import { labelClasses } from "./heads/class_labels.ts";
import { readMetadata } from "./heads/export_metadata.ts";
import { findGridHead } from "./heads/grid_head.ts";
import type { ExportFacts, FoundHead } from "./heads/head.ts";
import { readPreprocessing } from "./heads/preprocessing.ts";
import { findQueryHead } from "./heads/query_head.ts";
import { findTableHead } from "./heads/table_head.ts";
import { pixelPrefix } from "./pixel_prefix.ts";
import { refuseTask } from "./refuse_task.ts";

/**
 * Finds out how to cut, feed and read a detector.
 *
 * Its head is recognised by the structure of its graph and by what its exporter noted, and has to be the same by both.
 *
 * @param size Size of the input that is wanted, in pixels.
 * @throws {UnknownHeadError} If it is no detector that can be read, or its graph and its notes contradict each other; the
 * message names what was found and what would work.
 */
export function inspectDetector(model: OnnxModel, size: Size): DetectorLayout {
  const facts = readFacts(model, size);
  const grids = findGridHead(facts);
  refuseTask(facts, grids);
  const { names } = facts.metadata;
  // What follows the grids may leave out classes; then only the outputs tell which.
  const isWhole = names === undefined || names.length === grids?.classes;
  const extras = findExtras(facts);
  const cut = grids && extras ? withExtras(facts, grids, extras) : grids;
  if (cut !== undefined && isWhole) return layOut(facts, cut, gridInput(facts, cut, size));
  return layOut(facts, findUncutHead(facts, grids), facts.input);
}

/**
 * Finds out how to feed and read a detector as it was exported, with nothing cut off.
 *
 * Where its outputs do not say how to read them, its grids are read instead.
 *
 * @param size Size of the input that is wanted, in pixels; where the export has a size of its own, that is taken.
 * @throws {UnknownHeadError} As {@linkcode inspectDetector} does.
 */
export function inspectUncutDetector(model: OnnxModel, size: Size): DetectorLayout {
  const facts = readFacts(model, size);
  const grids = findGridHead(facts);
  refuseTask(facts, grids);
  return layOut(facts, findUncutHead(facts, grids), facts.input);
}

/** The head by the outputs as they are, else by the grids, where these tell all that there is to be read. */
function findUncutHead(facts: ExportFacts, grids: FoundHead | undefined): FoundHead {
  const head = findQueryHead(facts) ?? findTableHead(facts) ??
    (findExtras(facts) === undefined ? grids : undefined);
  if (head === undefined) throw unknownHead(facts);
  return head;
}

function readFacts(model: OnnxModel, size: Size): ExportFacts {
  const { graph } = model;
  return {
    lookup: new GraphLookup(graph),
    metadata: readMetadata(model),
    input: inputSize(graph) ?? size,
    outputs: graph.output.map((output) => ({ name: output.name, shape: dimensions(output) })),
  };
}

function layOut({ metadata }: ExportFacts, head: FoundHead, input: Size): DetectorLayout {
  const { kind, classes, outputs, suppressed, strides, extras } = head;
  return {
    kind,
    labels: labelClasses(metadata.names, classes),
    input,
    suppressed,
    outputs: extras?.kind === "masks" ? [...outputs, extras.prototypes] : outputs,
    ...(extras !== undefined && { extras }),
    ...(strides !== undefined && { strides }),
    preprocessing: readPreprocessing(metadata, head.preprocessing),
  };
}

/** The size that is wanted, made to hold whole cells of the coarsest grid; the export's own where it works at no other. */
function gridInput({ lookup }: ExportFacts, head: FoundHead, size: Size): Size {
  const { outputs, strides = [], extras } = head;
  const own = inputSize(lookup.graph);
  const read = extras?.kind === "masks" ? [...outputs, extras.prototypes] : outputs;
  if (own !== undefined && !worksAtAnySize(lookup, read)) return own;
  const stride = Math.max(1, ...strides);
  const whole = (side: number) => Math.max(1, Math.ceil(side / stride)) * stride;
  return { width: whole(size.width), height: whole(size.height) };
}

/** Attention blocks reshape to constant sizes, which holds them to the size of the export; decoded keypoints add its cells. */
function worksAtAnySize(lookup: GraphLookup, outputs: string[]): boolean {
  return !ancestors(lookup.graph, outputs).some(({ op_type, input }) => {
    if (op_type === "Resize") return (input[3] ?? "") !== "";
    const shape = lookup.integers(input[1]) ?? [];
    // A grid becomes a list of its cells, however many they are.
    const isFlattening = op_type === "Reshape" && shape.length === 3 && shape[2] === -1;
    return ["Reshape", "Expand"].includes(op_type) && !isFlattening;
  });
}

function unknownHead({ lookup, outputs, metadata: { names } }: ExportFacts): UnknownHeadError {
  const named = names === undefined ? "" : ` for the ${names.length} classes that it names`;
  const shapes = outputs.map(({ name, shape }) => `${name} [${shape.join(", ")}]`);
  const isSuppressed = lookup.graph.node.some(({ op_type }) => op_type === "NonMaxSuppression");
  const [{ shape = [] } = {}, ...others] = outputs;
  if (others.length === 0 && shape.length === 2 && (shape[0] ?? 0) <= 1 && !isSuppressed) {
    return new UnknownHeadError(
      `its output ${shapes[0]} may be scores of classes; a classifier whose task is "classify", ` +
        "in its metadata or in a .json beside it, works",
    );
  }
  const works = isSuppressed
    ? "they are what suppression in the graph has left; an export without it (nms=False, or without --end2end) works"
    : "exports of YOLOv5 to YOLO26, YOLOX, RT-DETR, D-FINE and RF-DETR work";
  return new UnknownHeadError(
    `its outputs have unknown shapes${named}: ${shapes.join("; ")}; ${works}`,
  );
}

/**
 * Writes the graph that computes `layout.outputs` from raw pixels.
 *
 * Its one input is `[1, height, width, 3]` uint8, RGB; its outputs are float32; what no output depends on is left out.
 * `model` is changed in place, since a copy would lose the fields that are carried through unread.
 *
 * @throws {UnknownHeadError} If the model does not take float32 images.
 */
export function specializeDetector(model: OnnxModel, layout: DetectorLayout): Uint8Array {
  specializeGraph(model, layout);
  return serializeOnnx(model);
}

/**
 * Does what {@linkcode specializeDetector} does, for a model that is to be edited further.
 *
 * @throws {UnknownHeadError} If the model does not take float32 images.
 */
export function specializeGraph(
  { graph }: OnnxModel,
  layout: Pick<DetectorLayout, "input" | "outputs" | "preprocessing">,
): void {
  const { image, fixed } = imageInputs(graph, layout.input);
  const pixels = `${image.name}/pixels`;
  const prefix = pixelPrefix(pixels, image.name, layout.preprocessing);
  const reals = realOutputs(graph, layout.outputs);
  const made = [...layout.outputs, ...reals.flatMap(({ input }) => input)];
  const node = [...prefix.nodes, ...ancestors(graph, made), ...reals];
  const used = new Set(node.flatMap((each) => each.input));
  const { width, height } = layout.input;
  graph.node = node;
  graph.initializer = [...prefix.initializers, ...fixed, ...graph.initializer]
    .filter((tensor) => used.has(tensor.name));
  graph.input = [valueInfo(pixels, ELEMENT_TYPES.uint8, [1, height, width, 3])];
  graph.output = layout.outputs.map((name) => valueInfo(name, ELEMENT_TYPES.float32));
  // The shapes noted in the file are those of the former input.
  graph.value_info = [];
}

/** Has outputs of integers come out as reals, under the same names; returns the operations to add. */
function realOutputs(graph: OnnxGraph, outputs: readonly string[]): OnnxNode[] {
  const isInteger = ({ name, type }: OnnxValueInfo) =>
    outputs.includes(name) && type.tensor_type.elem_type !== ELEMENT_TYPES.float32;
  return graph.output.filter(isInteger).map(({ name }) => {
    const integers = `${name}/integers`;
    for (const node of graph.node) {
      node.input = node.input.map((each) => each === name ? integers : each);
      node.output = node.output.map((each) => each === name ? integers : each);
    }
    const to = { name: "to", type: ATTRIBUTE_TYPES.int, i: ELEMENT_TYPES.float32 };
    return { ...operation("Cast", [integers], name, [to]), name: `${name}/real` };
  });
}
