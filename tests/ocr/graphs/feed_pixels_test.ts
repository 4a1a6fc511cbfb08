import { expect } from "expect";
import fc from "fast-check";
import { feedIntegers, feedPixels } from "../../../lib/ocr/graphs/feed_pixels.ts";
import { operation, tensor } from "../../../lib/onnx/onnx_nodes.ts";
import {
  ATTRIBUTE_TYPES,
  ELEMENT_TYPES,
  type OnnxModel,
  serializeOnnx,
  valueInfo,
} from "../../../lib/onnx/onnx_schema.ts";
import { InferenceSession, Tensor } from "../../../lib/onnx/onnxruntime.ts";

const SIZE = 6;
const RANGE = { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] };

const weights = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), {
  minLength: 2 * 3 * 9,
  maxLength: 2 * 3 * 9,
}).map((list) => new Float32Array(list));
const pixels = fc.uint8Array({ minLength: SIZE * SIZE * 3, maxLength: SIZE * SIZE * 3 });

/** One convolution of 3x3, with a border of zeros. */
function network(values: Float32Array): OnnxModel {
  return {
    ir_version: 8,
    opset_import: [{ version: 13 }],
    metadata_props: [],
    graph: {
      node: [operation("Conv", ["x", "weights", "bias"], "y", [
        { name: "kernel_shape", type: ATTRIBUTE_TYPES.ints, ints: [3, 3] },
        { name: "pads", type: ATTRIBUTE_TYPES.ints, ints: [1, 1, 1, 1] },
      ])],
      initializer: [
        tensor("weights", [2, 3, 3, 3], values),
        tensor("bias", [2], new Float32Array([1, -2])),
      ],
      input: [valueInfo("x", ELEMENT_TYPES.float32, [1, 3, SIZE, SIZE])],
      output: [valueInfo("y", ELEMENT_TYPES.float32)],
      value_info: [],
    },
  };
}

async function infer(model: OnnxModel, input: Tensor): Promise<Float32Array> {
  const session = await InferenceSession.create(serializeOnnx(model), { logSeverityLevel: 4 });
  const { y } = await session.run({ [session.inputNames[0] ?? ""]: input });
  await session.release();
  return y?.data as Float32Array;
}

/** Planes of blue, green and red, from -1 to 1. */
function toPlanes(bytes: Uint8Array): Float32Array {
  const area = SIZE * SIZE;
  return Float32Array.from({ length: bytes.length }, (_, index) => {
    const channel = 2 - Math.floor(index / area);
    return (bytes[(index % area) * 3 + channel] ?? 0) / 127.5 - 1;
  });
}

Deno.test("pixels are what the network was trained on, as floats and as integers", async () => {
  await fc.assert(
    fc.asyncProperty(weights, pixels, async (values, bytes) => {
      const planes = new Tensor("float32", toPlanes(bytes), [1, 3, SIZE, SIZE]);
      const fed = new Tensor("uint8", bytes, [1, SIZE, SIZE, 3]);
      const expected = await infer(network(values), planes);
      const floats = network(values);
      feedPixels(floats.graph, RANGE);
      const integers = network(values);
      const { name, quantization } = feedIntegers(integers.graph, RANGE);
      expect({ name, ...quantization }).toEqual({ name: "x", scale: 1 / 127.5, zeroPoint: 128 });
      const [ofFloats, ofIntegers] = [await infer(floats, fed), await infer(integers, fed)];
      expected.forEach((value, index) => {
        expect(ofFloats[index]).toBeCloseTo(value, 4);
        const [x, y] = [index % SIZE, Math.floor(index / SIZE) % SIZE];
        const isInside = x > 0 && y > 0 && x < SIZE - 1 && y < SIZE - 1;
        // Beyond the border is 128 in place of 127.5, for up to 15 weights of 1.
        const limit = isInside ? 1e-4 : 15 * 0.5 / 127.5 + 1e-4;
        expect(Math.abs((ofIntegers[index] ?? NaN) - value)).toBeLessThan(limit);
      });
    }),
    { numRuns: 20 },
  );
});

Deno.test("feeding pixels refuses what takes no image of float32", () => {
  const integers = network(new Float32Array(54));
  integers.graph.input = [valueInfo("x", ELEMENT_TYPES.int64, [1])];
  expect(() => feedPixels(integers.graph, RANGE)).toThrow(TypeError);
  const none = network(new Float32Array(54));
  none.graph.input = [];
  expect(() => feedIntegers(none.graph, RANGE)).toThrow(TypeError);
});
