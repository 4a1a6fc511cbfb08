import type { GraphLookup } from "../../onnx/graph_lookup.ts";
import type { OnnxNode } from "../../onnx/onnx_schema.ts";

/**
 * How many pixels of the image lie between two neighbours in a tensor `[1, channels, h, w]`.
 *
 * Counted from the image on, through whatever branch tells; `undefined` where none does.
 */
export function strideOf(lookup: GraphLookup, tensor: string): number | undefined {
  const image = new Set(lookup.graph.input.map(({ name }) => name));
  const known = new Map<string, number | undefined>();
  const pending = [tensor];
  // Without recursion, since networks are deeper than the stack may be.
  for (let name = pending.at(-1); name !== undefined; name = pending.at(-1)) {
    const node = lookup.producer(name);
    const inputs = node === undefined ? [] : node.input.filter((each) => !lookup.constant(each));
    const open = inputs.filter((each) => !known.has(each) && !pending.includes(each));
    if (open.length > 0 && !known.has(name)) {
      pending.push(...open.slice(0, 1));
      continue;
    }
    pending.pop();
    if (known.has(name)) continue;
    const before = inputs.map((each) => known.get(each)).find((each) => each !== undefined);
    if (node === undefined) known.set(name, image.has(name) ? 1 : undefined);
    else for (const output of node.output) known.set(output, strideAfter(lookup, node, before));
  }
  return known.get(tensor);
}

/** Operations that make an image larger, or of which it is not seen how much smaller. */
const UNCLEAR = new Set(["Resize", "Upsample", "ConvTranspose", "Reshape", "DepthToSpace"]);

function strideAfter(
  lookup: GraphLookup,
  { op_type, input, attribute }: OnnxNode,
  before: number | undefined,
): number | undefined {
  if (before === undefined || UNCLEAR.has(op_type)) return undefined;
  if (op_type === "Slice") {
    const noted = attribute.find(({ name }) => name === "axes")?.ints?.map(Number);
    const axes = noted ?? lookup.integers(input[3]) ?? [];
    // Some of the channels; of rows or columns it might be every other one.
    return axes.length === 1 && axes[0] === 1 ? before : undefined;
  }
  const strides = attribute.find(({ name }) => name === "strides")?.ints?.map(Number) ?? [1];
  return /Conv|Pool/.test(op_type) && !op_type.startsWith("Global")
    ? before * (strides[0] ?? 1)
    : before;
}
