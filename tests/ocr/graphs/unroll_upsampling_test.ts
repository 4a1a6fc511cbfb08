import { expect } from "expect";
import fc from "fast-check";
import { unrollUpsampling } from "../../../lib/ocr/graphs/unroll_upsampling.ts";
import { operation, tensor } from "../../../lib/onnx/onnx_nodes.ts";
import {
  ATTRIBUTE_TYPES,
  ELEMENT_TYPES,
  type OnnxModel,
  serializeOnnx,
  valueInfo,
} from "../../../lib/onnx/onnx_schema.ts";
import { InferenceSession, Tensor } from "../../../lib/onnx/onnxruntime.ts";

/** Channels of the map, and of the one of twice its size. */
const [CHANNELS, MIDDLE] = [3, 2];
const [ROWS, COLUMNS] = [2, 3];

const floats = (length: number) =>
  fc.array(fc.float({ min: -2, max: 2, noNaN: true }), { minLength: length, maxLength: length })
    .map((list) => new Float32Array(list));

const parameters = fc.record({
  map: floats(CHANNELS * ROWS * COLUMNS),
  first: floats(CHANNELS * MIDDLE * 4),
  firstBias: floats(MIDDLE),
  second: floats(MIDDLE * 4),
  secondBias: floats(1),
});

type Parameters = typeof parameters extends fc.Arbitrary<infer Value> ? Value : never;

function head(
  { first, firstBias, second, secondBias }: Omit<Parameters, "map">,
  stride = 2,
): OnnxModel {
  const double = [
    { name: "kernel_shape", type: ATTRIBUTE_TYPES.ints, ints: [2, 2] },
    { name: "strides", type: ATTRIBUTE_TYPES.ints, ints: [stride, stride] },
  ];
  return {
    ir_version: 8,
    opset_import: [{ version: 11 }],
    metadata_props: [],
    graph: {
      node: [
        operation("ConvTranspose", ["map", "first", "firstBias"], "wide", double),
        operation("Relu", ["wide"], "above"),
        operation("ConvTranspose", ["above", "second", "secondBias"], "logits", double),
        operation("Sigmoid", ["logits"], "text"),
      ],
      initializer: [
        tensor("first", [CHANNELS, MIDDLE, 2, 2], first),
        tensor("firstBias", [MIDDLE], firstBias),
        tensor("second", [MIDDLE, 1, 2, 2], second),
        tensor("secondBias", [1], secondBias),
      ],
      input: [valueInfo("map", ELEMENT_TYPES.float32, [1, CHANNELS, ROWS, COLUMNS])],
      output: [valueInfo("text", ELEMENT_TYPES.float32)],
      value_info: [],
    },
  };
}

async function infer(model: OnnxModel, map: Float32Array) {
  const session = await InferenceSession.create(serializeOnnx(model), { logSeverityLevel: 4 });
  const { text } = await session.run({
    map: new Tensor("float32", map, [1, CHANNELS, ROWS, COLUMNS]),
  });
  await session.release();
  return { dims: text?.dims, data: [...text?.data as Float32Array] };
}

Deno.test("an unrolled head gives what it gave before", async () => {
  await fc.assert(
    fc.asyncProperty(parameters, async ({ map, ...weights }) => {
      const before = await infer(head(weights), map);
      const unrolled = head(weights);
      expect(unrollUpsampling(unrolled.graph)).toBe(true);
      expect(unrolled.graph.node.map(({ op_type }) => op_type))
        .toEqual("Conv Relu Conv Sigmoid DepthToSpace".split(" "));
      const after = await infer(unrolled, map);
      expect(after.dims).toEqual([1, 1, 4 * ROWS, 4 * COLUMNS]);
      expect(after.dims).toEqual(before.dims);
      after.data.forEach((value, index) => expect(value).toBeCloseTo(before.data[index] ?? NaN, 5));
    }),
    { numRuns: 20 },
  );
});

Deno.test("a head of another form stays as it is", () => {
  const [weights] = fc.sample(parameters, 1);
  if (weights === undefined) throw new Error("There is no sample");
  const other = head(weights, 1);
  const nodes = [...other.graph.node];
  expect(unrollUpsampling(other.graph)).toBe(false);
  expect(other.graph.node).toEqual(nodes);
});
