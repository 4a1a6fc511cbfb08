import { type Preprocessing, UNIT_RANGE } from "../onnx/detector_layout.ts";
import { integer, integers, operation, tensor } from "../onnx/onnx_nodes.ts";
import { ELEMENT_TYPES, type OnnxNode, type OnnxTensor } from "../onnx/onnx_schema.ts";

/** Operations to put before a network, and the constants that they take. */
export interface GraphPrefix {
  /** In the order in which they run. */
  nodes: OnnxNode[];
  /** Constants, by names of their own. */
  initializers: OnnxTensor[];
}

/**
 * Turns `[1, h, w, 3]` bytes into the `[1, 3, h, w]` image that a network was trained on.
 *
 * @param from Name of the bytes
 * @param to Name of the image
 */
export function pixelPrefix(
  from: string,
  to: string,
  { order, mean, deviation }: Preprocessing = UNIT_RANGE,
): GraphPrefix {
  const initializers: OnnxTensor[] = [];
  const steps: ((input: string, output: string) => OnnxNode)[] = [
    (input, output) => operation("Transpose", [input], output, [integers("perm", [0, 3, 1, 2])]),
    (input, output) => operation("Cast", [input], output, [integer("to", ELEMENT_TYPES.float32)]),
  ];
  if (order === "bgr") {
    initializers.push(tensor(`${from}/order`, [3], [2, 1, 0]));
    steps.push((input, output) =>
      operation("Gather", [input, `${from}/order`], output, [integer("axis", 1)])
    );
  }
  // By channel, in the order that they have by now.
  const inOrder = ([red, green, blue]: readonly [number, number, number]) =>
    order === "bgr" ? [blue, green, red] : [red, green, blue];
  if (mean.some((each) => each !== 0)) {
    initializers.push(colours(`${from}/mean`, inOrder(mean)));
    steps.push((input, output) => operation("Sub", [input, `${from}/mean`], output));
  }
  if (deviation.some((each) => each !== 1)) {
    initializers.push(colours(`${from}/scale`, inOrder(deviation).map((each) => 1 / each)));
    steps.push((input, output) => operation("Mul", [input, `${from}/scale`], output));
  }
  const names = [from, ...steps.slice(1).map((_, index) => `${from}/${index}`), to];
  const nodes = steps.map((step, index) => step(names[index] ?? "", names[index + 1] ?? ""));
  return { nodes, initializers };
}

function colours(name: string, values: readonly number[]): OnnxTensor {
  // One number where all are alike, since that is quicker.
  const isSame = values.every((each) => each === values[0]);
  return isSame
    ? tensor(name, [], Float32Array.from(values.slice(0, 1)))
    : tensor(name, [1, 3, 1, 1], Float32Array.from(values));
}
