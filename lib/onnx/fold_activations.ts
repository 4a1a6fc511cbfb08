/**
 * Rewrites the activations of PP-OCRv4's backbone into fewer operations with the same outcome.
 *
 * Each of its blocks is exported as nine operations, of which eight go through the whole tensor for one
 * multiplication or addition:
 *
 * ```text
 * z = convolution(x) * a + b
 * y = z * clip(z + 3, 0, 6) / 6 * c + d
 * ```
 *
 * Constants move into the weights of the convolution before and of those after, which the runtime computes
 * once, at load. What stays is one operation on the convolution's outcome, which the runtime merges with it,
 * and an addition where the next convolution pads its input with zeros.
 *
 * @module
 */

import { ATTRIBUTE_TYPES, ELEMENT_TYPES, type OnnxGraph, type OnnxNode } from "./onnx_schema.ts";

/** Slope of ONNX's HardSigmoid, over the 1/6 that the activation has: its input is scaled to make up for it. */
const SLOPE_RATIO = (1 / 6) / 0.2;

/** A scalar multiplication or addition. */
interface ScalarStep {
  node: OnnxNode;
  value: number;
}

/**
 * Rewrites a graph in place.
 *
 * @param scalars The graph's constants of one number, by name.
 */
export function foldActivations(graph: OnnxGraph, scalars: ReadonlyMap<string, number>): void {
  new Folding(graph, scalars).run();
}

class Folding {
  readonly #graph: OnnxGraph;
  readonly #scalars: ReadonlyMap<string, number>;
  readonly #users = new Map<string, OnnxNode[]>();
  readonly #removed = new Set<OnnxNode>();
  /** New operations, by the one that they come before. */
  readonly #added = new Map<OnnxNode, OnnxNode[]>();
  #count = 0;

  constructor(graph: OnnxGraph, scalars: ReadonlyMap<string, number>) {
    this.#graph = graph;
    this.#scalars = scalars;
    for (const node of graph.node) {
      for (const name of node.input) {
        const users = this.#users.get(name) ?? [];
        users.push(node);
        this.#users.set(name, users);
      }
    }
  }

  run(): void {
    for (const node of this.#graph.node) {
      // Without a bias there is nothing to add to.
      if (node.op_type === "Conv" && node.input.length === 3) this.#foldBlock(node);
    }
    const nodes = this.#graph.node.flatMap((node) => [
      ...this.#added.get(node) ?? [],
      ...this.#removed.has(node) ? [] : [node],
    ]);
    const used = new Set(nodes.flatMap(({ input }) => input));
    // The runtime would warn about each constant that is no longer used.
    this.#graph.node = nodes.filter(({ op_type, output }) =>
      op_type !== "Constant" || used.has(output[0] ?? "")
    );
  }

  #foldBlock(convolution: OnnxNode): void {
    const scale = this.#scalarStep(convolution, "Mul");
    const shift = scale && this.#scalarStep(scale.node, "Add");
    if (!scale || !shift) return;
    const activation = this.#matchActivation(shift.node);
    const ratio = activation === undefined ? 1 : SLOPE_RATIO;
    this.#scaleOutput(convolution, scale.value * ratio, shift.value * ratio);
    convolution.output = shift.node.output;
    this.#remove(scale.node, shift.node);
    if (activation !== undefined) this.#foldActivation(shift.node.output[0] ?? "", activation);
  }

  /** Replaces the activation of `z`, which is there scaled by {@linkcode SLOPE_RATIO}, and what follows it. */
  #foldActivation(z: string, activation: OnnxNode[]): void {
    const last = activation.at(-1) as OnnxNode;
    const scale = this.#scalarStep(last, "Mul");
    const shift = scale && this.#scalarStep(scale.node, "Add");
    const next = shift === undefined ? [] : this.#users.get(shift.node.output[0] ?? "") ?? [];
    const foldable = next.length > 0 && scale?.value !== 0 &&
      next.every((node) => node.op_type === "Conv" && node.input[0] === shift?.node.output[0]);
    const gate = this.#insert(last, "HardSigmoid", [z]);
    const product = this.#insert(last, "Mul", [z, gate]);
    if (!scale || !shift || !foldable) {
      const whole = this.#insert(last, "Mul", [product, this.#constant(1 / SLOPE_RATIO)]);
      for (const user of this.#users.get(last.output[0] ?? "") ?? []) {
        user.input = user.input.map((name) => name === last.output[0] ? whole : name);
      }
      this.#remove(...activation);
      return;
    }
    this.#remove(...activation, scale.node);
    const factor = scale.value / SLOPE_RATIO;
    if (next.every(isPointwise)) {
      for (const user of next) this.#shiftBias(user, shift.value);
      for (const user of next) user.input[0] = product;
      this.#remove(shift.node);
    } else {
      shift.node.input = [product, this.#constant(shift.value / factor)];
    }
    for (const user of next) {
      const weights = user.input[1] ?? "";
      user.input[1] = this.#insert(user, "Mul", [weights, this.#constant(factor)]);
    }
  }

  /** Adds to a convolution's bias what a constant added to its input comes to. */
  #shiftBias(convolution: OnnxNode, addend: number): void {
    const [, weights = "", bias = ""] = convolution.input;
    const sums = this.#insert(convolution, "ReduceSum", [weights], [
      { name: "axes", type: ATTRIBUTE_TYPES.ints, ints: [1, 2, 3] },
      { name: "keepdims", type: ATTRIBUTE_TYPES.int, i: 0 },
    ]);
    const shift = this.#insert(convolution, "Mul", [sums, this.#constant(addend)]);
    convolution.input[2] = this.#insert(convolution, "Add", [bias, shift]);
  }

  /** The only operation on a node's output, if it is of this kind and has a scalar for the other operand. */
  #scalarStep(node: OnnxNode, operation: string): ScalarStep | undefined {
    const [output = ""] = node.output;
    const users = this.#users.get(output) ?? [];
    const [user] = users;
    if (user?.op_type !== operation || users.length !== 1) return undefined;
    const value = this.#scalars.get(user.input.find((name) => name !== output) ?? "");
    return value === undefined ? undefined : { node: user, value };
  }

  /** Looks for `z * clip(z + 3, 0, 6) / 6`, where `z` is a node's output. */
  #matchActivation({ output: [z = ""] }: OnnxNode): OnnxNode[] | undefined {
    const users = this.#users.get(z) ?? [];
    const raised = users.find(({ op_type }) => op_type === "Add");
    if (users.length !== 2 || raised === undefined || this.#operand(raised, z) !== 3) {
      return undefined;
    }
    const clipped = this.#onlyUser(raised);
    const product = clipped && this.#onlyUser(clipped);
    const divided = product && this.#onlyUser(product);
    if (!divided || clipped?.op_type !== "Clip" || divided.op_type !== "Div") return undefined;
    if (product?.op_type !== "Mul" || !product.input.includes(z)) return undefined;
    if (this.#operand(divided, product.output[0] ?? "") !== 6) return undefined;
    return [raised, clipped, product, divided];
  }

  #onlyUser({ output: [output = ""] }: OnnxNode): OnnxNode | undefined {
    const users = this.#users.get(output) ?? [];
    return users.length === 1 ? users[0] : undefined;
  }

  #operand(node: OnnxNode, other: string): number | undefined {
    return this.#scalars.get(node.input.find((name) => name !== other) ?? "");
  }

  #scaleOutput(convolution: OnnxNode, factor: number, addend: number): void {
    const [input = "", weights = "", bias = ""] = convolution.input;
    const scaledBias = this.#insert(convolution, "Mul", [bias, this.#constant(factor)]);
    convolution.input = [
      input,
      this.#insert(convolution, "Mul", [weights, this.#constant(factor)]),
      this.#insert(convolution, "Add", [scaledBias, this.#constant(addend)]),
    ];
  }

  /** Puts an operation in before another, and returns the name of its output. */
  #insert(
    before: OnnxNode,
    operation: string,
    input: string[],
    attribute: OnnxNode["attribute"] = [],
  ): string {
    const name = `folded/${this.#count++}`;
    const added = this.#added.get(before) ?? [];
    added.push({ op_type: operation, name, input, output: [name], attribute });
    this.#added.set(before, added);
    return name;
  }

  #constant(value: number): string {
    const name = `folded/constant/${this.#count++}`;
    const raw_data = new Uint8Array(new Float32Array([value]).buffer);
    this.#graph.initializer.push({ name, data_type: ELEMENT_TYPES.float32, dims: [1], raw_data });
    return name;
  }

  #remove(...nodes: OnnxNode[]): void {
    for (const node of nodes) this.#removed.add(node);
  }
}

/** Whether a convolution with a bias pads its input with no zeros, so that all of it is shifted alike. */
function isPointwise({ input, attribute }: OnnxNode): boolean {
  const pads = attribute.find(({ name }) => name === "pads")?.ints ?? [];
  return input.length === 3 && pads.every((pad) => Number(pad) === 0);
}
