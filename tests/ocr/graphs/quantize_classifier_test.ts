import { expect } from "expect";
import fc from "fast-check";
import { quantizeClassifier } from "../../../lib/ocr/graphs/quantize_classifier.ts";
import { RUNTIME_OPERATORS } from "../../../lib/ocr/graphs/tidy_graph.ts";
import { integersOverflow } from "../../../lib/onnx/integer_overflow.ts";
import { operation, tensor } from "../../../lib/onnx/onnx_nodes.ts";
import {
  ATTRIBUTE_TYPES,
  ELEMENT_TYPES,
  type OnnxModel,
  serializeOnnx,
  valueInfo,
} from "../../../lib/onnx/onnx_schema.ts";
import { InferenceSession, Tensor } from "../../../lib/onnx/onnxruntime.ts";

const [STEPS, FEATURES, CLASSES] = [3, 5, 7];
const RANGES = new Map([["features", { lowest: -2, highest: 2 }]]);

const floats = (length: number) =>
  fc.array(fc.float({ min: -2, max: 2, noNaN: true }), { minLength: length, maxLength: length })
    .map((list) => new Float32Array(list));

function classifier(weights: Float32Array, bias: Float32Array): OnnxModel {
  return {
    ir_version: 8,
    opset_import: [{ version: 13 }, { domain: RUNTIME_OPERATORS, version: 1 }],
    metadata_props: [],
    graph: {
      node: [
        operation("MatMul", ["features", "weights"], "product"),
        operation("Add", ["product", "bias"], "logits"),
        operation("Softmax", ["logits"], "shares", [
          { name: "axis", type: ATTRIBUTE_TYPES.int, i: 2 },
        ]),
      ],
      initializer: [
        tensor("weights", [FEATURES, CLASSES], weights),
        tensor("bias", [CLASSES], bias),
      ],
      input: [valueInfo("features", ELEMENT_TYPES.float32, [1, STEPS, FEATURES])],
      output: [
        valueInfo("logits", ELEMENT_TYPES.float32),
        valueInfo("shares", ELEMENT_TYPES.float32),
      ],
      value_info: [],
    },
  };
}

async function infer(model: OnnxModel, features: Float32Array): Promise<Float32Array> {
  const session = await InferenceSession.create(serializeOnnx(model), { logSeverityLevel: 4 });
  const { logits } = await session.run({
    features: new Tensor("float32", features, [1, STEPS, FEATURES]),
  });
  await session.release();
  return logits?.data as Float32Array;
}

Deno.test("a quantized classifier gives logits within what rounding can cost", async () => {
  if (await integersOverflow()) return;
  await fc.assert(
    fc.asyncProperty(
      floats(STEPS * FEATURES),
      floats(FEATURES * CLASSES),
      floats(CLASSES),
      async (features, weights, bias) => {
        const before = await infer(classifier(weights, bias), features);
        const quantized = classifier(weights, bias);
        quantizeClassifier(quantized.graph, RANGES);
        expect(quantized.graph.node.map(({ op_type }) => op_type))
          .toEqual(["QuantizeLinear", "MatMulIntegerToFloat", "Softmax"]);
        const after = await infer(quantized, features);
        // Half a step of each factor, times the largest of the other, for each feature; a clipped end is half a step more.
        const limit = FEATURES * (4 / 255 * 2 + 2 / 127 / 2 * 2) + 1e-4;
        after.forEach((value, index) => {
          expect(Math.abs(value - (before[index] ?? NaN))).toBeLessThan(limit);
        });
      },
    ),
    { numRuns: 20 },
  );
});

Deno.test("quantizing leaves a graph without a classifier, and refuses one without a range", () => {
  const { graph } = classifier(new Float32Array(FEATURES * CLASSES), new Float32Array(CLASSES));
  expect(() => quantizeClassifier(graph, new Map())).toThrow(RangeError);
  graph.node = graph.node.slice(0, 2);
  quantizeClassifier(graph, RANGES);
  expect(graph.node.map(({ op_type }) => op_type)).toEqual(["MatMul", "Add"]);
});
