import { GraphLookup } from "./graph_lookup.ts";
import { tensor } from "./onnx_nodes.ts";
import { dimensions, type OnnxGraph, type OnnxModel, type OnnxValueInfo } from "./onnx_schema.ts";

/** Operations whose second input is a shape, of which the first length may be that of the batch. */
const SHAPED = new Set(["Reshape", "Expand"]);

/**
 * Has a network that was exported for several images at once take one, in place.
 *
 * @returns Whether it was exported for several. Constants that hold one value for each image make it fail when it is run.
 */
export function takeSingleImage({ graph }: OnnxModel): boolean {
  const images = graph.input.find((input) => dimensions(input).length === 4);
  const batch = images === undefined ? 1 : dimensions(images)[0] ?? 1;
  if (images === undefined || batch <= 1) return false;
  for (const value of [...graph.input, ...graph.output]) setBatch(value, batch);
  setShapes(graph, batch);
  graph.value_info = [];
  return true;
}

function setBatch({ type }: OnnxValueInfo, batch: number): void {
  const [first] = type.tensor_type.shape?.dim ?? [];
  if (first !== undefined && Number(first.dim_value) === batch) first.dim_value = 1;
}

function setShapes(graph: OnnxGraph, batch: number): void {
  const lookup = new GraphLookup(graph);
  for (const node of graph.node) {
    const [value = "", shapeName = ""] = node.input;
    const shape = SHAPED.has(node.op_type) ? lookup.integers(shapeName) : undefined;
    if (shape?.[0] !== batch) continue;
    // A constant of its own, since others may take the same.
    const single = tensor(`${node.output[0]}/single`, [shape.length], [1, ...shape.slice(1)]);
    graph.initializer.push(single);
    node.input = [value, single.name, ...node.input.slice(2)];
  }
}
