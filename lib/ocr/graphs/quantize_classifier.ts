/** Computes the logits of a recognizer's characters with 8-bit integers. @module */

import { quantizationOf, type Range, SMALLEST_SCALE } from "../../onnx/choose_range.ts";
import {
  constantsOf,
  floatsOf,
  operation,
  producersOf,
  readersOf,
  tensor,
} from "../../onnx/onnx_nodes.ts";
import {
  ELEMENT_TYPES,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
} from "../../onnx/onnx_schema.ts";
import { RUNTIME_OPERATORS } from "./tidy_graph.ts";

/** Largest weight. */
const MOST_INT8 = 127;

/** The end of a recognizer: `MatMul`, `Add`, `Softmax`. */
interface Classifier {
  /** What is classified, `[n, steps, features]`. */
  input: string;
  product: OnnxNode;
  sum: OnnxNode;
  /** `[features, classes]`. */
  weights: OnnxTensor;
  bias: OnnxTensor;
}

/** Finds the end of a recognizer; `undefined` in any other graph. */
export function findClassifier(graph: OnnxGraph): Classifier | undefined {
  const constants = constantsOf(graph);
  const producers = producersOf(graph);
  for (const softmax of graph.node.filter(({ op_type }) => op_type === "Softmax")) {
    const sum = producers.get(softmax.input[0] ?? "");
    const product = producers.get(sum?.input[0] ?? "");
    const weights = constants.get(product?.input[1] ?? "");
    const bias = constants.get(sum?.input[1] ?? "");
    const isClassifier = sum?.op_type === "Add" && product?.op_type === "MatMul" &&
      readersOf(graph, product.output[0] ?? "").length === 1;
    if (!isClassifier || weights?.dims.length !== 2 || bias === undefined) continue;
    return { input: product.input[0] ?? "", product, sum, weights, bias };
  }
  return undefined;
}

/**
 * Edits a graph in place, if it has a classifier.
 *
 * One operation of ONNX Runtime multiplies integers and gives floats, so logits are not rounded.
 *
 * @param ranges With that of the classifier's input
 * @throws {RangeError} If it is missing
 * @throws {TypeError} If the weights are not float32
 */
export function quantizeClassifier(graph: OnnxGraph, ranges: ReadonlyMap<string, Range>): void {
  const found = findClassifier(graph);
  if (found === undefined) return;
  const { input, product, sum, weights, bias } = found;
  const range = ranges.get(input);
  if (range === undefined) throw new RangeError(`Cannot quantize ${input}: its range is missing`);
  const { scale, zeroPoint } = quantizationOf(range);
  const values = floatsOf(weights);
  if (values === undefined) {
    throw new TypeError("Cannot quantize the model: its weights are not raw float32");
  }
  const [features = 0, classes = 0] = weights.dims.map(Number);
  const { scales, integers } = quantizeColumns(values, classes);
  const bytes = (name: string, type: "uint8" | "int8", dims: number[], data: ArrayBufferView) => ({
    name: `classifier/${name}`,
    data_type: ELEMENT_TYPES[type],
    dims,
    raw_data: new Uint8Array(data.buffer),
  });
  const constants = [
    bytes("weights", "int8", [features, classes], integers),
    tensor("classifier/scale", [], new Float32Array([scale])),
    tensor("classifier/scales", [classes], scales),
    bytes("zero_point", "uint8", [], new Uint8Array([zeroPoint])),
    bytes("zero_points", "int8", [classes], new Int8Array(classes)),
  ];
  graph.initializer.push(...constants);
  const parameters = constants.map(({ name }) => name);
  const [, scaleName = "", , zeroName = ""] = parameters;
  const nodes = [
    operation("QuantizeLinear", [input, scaleName, zeroName], "classifier/input"),
    {
      ...operation(
        "MatMulIntegerToFloat",
        ["classifier/input", ...parameters, bias.name],
        sum.output[0] ?? "",
      ),
      domain: RUNTIME_OPERATORS,
    },
  ];
  graph.node = graph.node.flatMap((node) => node === product ? nodes : node === sum ? [] : [node]);
}

/** Rounds each column of a matrix to -127 … 127. */
function quantizeColumns(
  values: Float32Array,
  columns: number,
): { scales: Float32Array; integers: Int8Array } {
  const scales = new Float32Array(columns).fill(SMALLEST_SCALE);
  const integers = new Int8Array(values.length);
  const goThrough = (visit: (index: number, column: number) => void) => {
    for (let from = 0; from < values.length; from += columns) {
      for (let column = 0; column < columns; column++) visit(from + column, column);
    }
  };
  goThrough((index, column) => {
    const share = Math.abs(values[index] as number) / MOST_INT8;
    if (share > (scales[column] as number)) scales[column] = share;
  });
  goThrough((index, column) => {
    integers[index] = Math.round((values[index] as number) / (scales[column] as number));
  });
  return { scales, integers };
}
