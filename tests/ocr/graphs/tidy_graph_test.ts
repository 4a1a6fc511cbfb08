import { expect } from "expect";
import fc from "fast-check";
import { RUNTIME_OPERATORS, tidyGraph } from "../../../lib/ocr/graphs/tidy_graph.ts";
import { operation, tensor } from "../../../lib/onnx/onnx_nodes.ts";
import {
  ELEMENT_TYPES,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  serializeOnnx,
  valueInfo,
} from "../../../lib/onnx/onnx_schema.ts";
import { InferenceSession, Tensor } from "../../../lib/onnx/onnxruntime.ts";

const SHAPE = [1, 2, 3, 3];
const scalar = (name: string, value: number) => tensor(name, [], new Float32Array([value]));

/** `x` to `y`, both `[1, 2, 3, 3]`. */
function model(node: OnnxNode[], initializer: OnnxTensor[]): OnnxModel {
  return {
    ir_version: 8,
    opset_import: [{ version: 11 }],
    metadata_props: [],
    graph: {
      node,
      initializer,
      input: [valueInfo("x", ELEMENT_TYPES.float32, SHAPE)],
      output: [valueInfo("y", ELEMENT_TYPES.float32, SHAPE)],
      value_info: [],
    },
  };
}

async function infer(model: OnnxModel, values: Float32Array): Promise<number[]> {
  const session = await InferenceSession.create(serializeOnnx(model), {
    graphOptimizationLevel: "disabled",
    logSeverityLevel: 4,
  });
  const { y } = await session.run({ x: new Tensor("float32", values, SHAPE) });
  await session.release();
  return [...y?.data as Float32Array];
}

const values = fc.array(fc.float({ min: -4, max: 4, noNaN: true }), {
  minLength: 18,
  maxLength: 18,
}).map((list) => new Float32Array(list));

/** The five operations of a GELU; one with the given constant in place of a half is none. */
function gelu(half = 0.5): OnnxModel {
  return model([
    operation("Identity", ["x"], "same"),
    operation("Div", ["same", "root"], "divided"),
    operation("Erf", ["divided"], "error"),
    operation("Add", ["error", "one"], "shifted"),
    operation("Mul", ["same", "shifted"], "doubled"),
    operation("Mul", ["doubled", "half"], "y"),
  ], [scalar("root", Math.SQRT2), scalar("one", 1), scalar("half", half)]);
}

/** A convolution with a bias behind it, and a share of its output added to that. */
function shared(): OnnxModel {
  const weights = new Float32Array([0.5, -1, 2, 0.25]);
  return model([
    operation("Conv", ["x", "weights"], "raw"),
    operation("Add", ["raw", "bias"], "biased"),
    operation("Identity", ["biased"], "whole"),
    operation("GlobalAveragePool", ["whole"], "mean"),
    operation("HardSigmoid", ["mean"], "share"),
    operation("Mul", ["whole", "share"], "part"),
    operation("Add", ["whole", "part"], "y"),
  ], [
    tensor("weights", [2, 2, 1, 1], weights),
    tensor("bias", [1, 2, 1, 1], new Float32Array([3, -2])),
  ]);
}

const types = ({ graph }: OnnxModel) => graph.node.map(({ op_type }) => op_type);

for (
  const [name, make, expected] of [
    ["a GELU", gelu, ["Gelu"]],
    ["a bias and a share", shared, "Conv GlobalAveragePool HardSigmoid Add Mul".split(" ")],
  ] as const
) {
  Deno.test(`tidyGraph joins ${name} and changes no result`, async () => {
    const tidy = make();
    tidyGraph(tidy);
    expect(types(tidy)).toEqual(expected);
    expect(tidy.opset_import).toContainEqual({ domain: RUNTIME_OPERATORS, version: 1 });
    await fc.assert(
      fc.asyncProperty(values, async (list) => {
        const before = await infer(make(), list);
        const after = await infer(tidy, list);
        after.forEach((value, index) => expect(value).toBeCloseTo(before[index] ?? NaN, 4));
      }),
      { numRuns: 20 },
    );
  });
}

Deno.test("tidyGraph leaves what only looks like a GELU", () => {
  const other = gelu(0.6);
  tidyGraph(other);
  expect(types(other)).toEqual("Div Erf Add Mul Mul".split(" "));
});

Deno.test("tidyGraph leaves a bias that others see without it", () => {
  const weights = new Float32Array(4);
  const other = model([
    operation("Conv", ["x", "weights"], "raw"),
    operation("Add", ["raw", "bias"], "biased"),
    operation("Mul", ["raw", "biased"], "y"),
  ], [tensor("weights", [2, 2, 1, 1], weights), tensor("bias", [1, 2, 1, 1], new Float32Array(2))]);
  tidyGraph(other);
  expect(types(other)).toEqual(["Conv", "Add", "Mul"]);
});

Deno.test("tidyGraph keeps an Identity that gives the output", () => {
  const other = model(
    [operation("Relu", ["x"], "above"), operation("Identity", ["above"], "y")],
    [],
  );
  tidyGraph(other);
  expect(types(other)).toEqual(["Relu", "Identity"]);
});
