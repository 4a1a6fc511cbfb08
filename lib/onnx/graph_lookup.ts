/** Finds one's way in a graph, from values to the nodes that make and take them. @module */

import { constantsOf, producersOf } from "./onnx_nodes.ts";
import { ELEMENT_TYPES, type OnnxGraph, type OnnxNode, type OnnxTensor } from "./onnx_schema.ts";

/** Operations of which the first input goes through unchanged, or rounded. */
const TRANSPARENT = new Set(["Identity", "QuantizeLinear", "DequantizeLinear"]);

/** A graph's nodes by the values that they make and take; valid as long as the graph is not edited. */
export class GraphLookup {
  /** The graph itself. */
  readonly graph: OnnxGraph;
  readonly #producers: Map<string, OnnxNode>;
  readonly #readers = new Map<string, OnnxNode[]>();
  readonly #constants: Map<string, OnnxTensor>;

  /** Reads the graph once. */
  constructor(graph: OnnxGraph) {
    this.graph = graph;
    this.#producers = producersOf(graph);
    this.#constants = constantsOf(graph);
    for (const node of graph.node) {
      if (node.op_type === "Constant") {
        const [value] = node.attribute.flatMap(({ t }) => t ?? []);
        if (value !== undefined) this.#constants.set(node.output[0] ?? "", value);
      }
      for (const name of new Set(node.input)) {
        const readers = this.#readers.get(name);
        if (readers === undefined) this.#readers.set(name, [node]);
        else readers.push(node);
      }
    }
  }

  /** The node that makes a value; `undefined` for inputs and constants. */
  producer(name: string | undefined): OnnxNode | undefined {
    return name === undefined ? undefined : this.#producers.get(name);
  }

  /** The nodes that take a value. */
  readers(name: string): readonly OnnxNode[] {
    return this.#readers.get(name) ?? [];
  }

  /** A constant, be it an initializer or the outcome of a `Constant`. */
  constant(name: string | undefined): OnnxTensor | undefined {
    return name === undefined ? undefined : this.#constants.get(name);
  }

  /** The numbers of a constant of 64-bit integers; `undefined` for any other value. */
  integers(name: string | undefined): number[] | undefined {
    const tensor = this.constant(name);
    if (tensor?.data_type !== ELEMENT_TYPES.int64) return undefined;
    if (tensor.raw_data.length === 0) return tensor.int64_data?.map(Number);
    // A copy, since the file's bytes are not aligned.
    return Array.from(new BigInt64Array(new Uint8Array(tensor.raw_data).buffer), Number);
  }

  /** The value that a value is but a copy of, or was rounded from. */
  original(name: string): string {
    const node = this.producer(name);
    if (node === undefined || !TRANSPARENT.has(node.op_type)) return name;
    const [input = ""] = node.input;
    // Integers are of use only together with their scale.
    const isPaired = node.op_type !== "DequantizeLinear" ||
      this.producer(input)?.op_type === "QuantizeLinear";
    return isPaired ? this.original(input) : name;
  }

  /** The nodes that take a value, or a copy of it, rounded or not, or what `through` operations make of it. */
  readersThrough(name: string, through: readonly string[] = []): OnnxNode[] {
    return this.readers(name).flatMap((node) => {
      const isPassed = TRANSPARENT.has(node.op_type) || through.includes(node.op_type);
      return isPassed
        ? [node, ...node.output.flatMap((output) => this.readersThrough(output, through))]
        : [node];
    });
  }
}
