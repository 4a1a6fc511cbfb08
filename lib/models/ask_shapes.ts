import { UnknownHeadError } from "../onnx/errors.ts";
import { fedInputs } from "../onnx/onnx_nodes.ts";
import { InferenceSession, Tensor } from "../onnx/onnxruntime.ts";
import {
  dimensions,
  ELEMENT_TYPES,
  type OnnxModel,
  serializeOnnx,
  valueInfo,
} from "../onnx/onnx_schema.ts";
import type { Size } from "../image/size.ts";
import { reasonOf } from "../user_error.ts";
import { sessionSettings } from "../onnx/session_settings.ts";

/**
 * Notes in a model what shapes its outputs have for an image of a size, by running it once; the size becomes that of its input.
 *
 * @param size In pixels; where the model has a size of its own, that is taken
 * @throws {UnknownHeadError} If the model cannot be run.
 */
export async function askShapes(model: OnnxModel, size: Size): Promise<void> {
  const { graph } = model;
  const inputs = fedInputs(graph);
  const feeds: Record<string, Tensor> = {};
  for (const input of inputs) {
    const [, , height = -1, width = -1] = dimensions(input);
    const own = height > 0 && width > 0 ? { width, height } : size;
    const isImage = dimensions(input).length === 4;
    const shape = isImage ? [1, 3, own.height, own.width] : [1, 2];
    const length = shape.reduce((product, side) => product * side, 1);
    feeds[input.name] = isImage
      ? new Tensor("float32", new Float32Array(length), shape)
      : new Tensor("int64", BigInt64Array.of(BigInt(own.width), BigInt(own.height)), shape);
    const type = isImage ? ELEMENT_TYPES.float32 : ELEMENT_TYPES.int64;
    input.type = valueInfo(input.name, type, shape).type;
  }
  graph.value_info = [];
  for (const output of graph.output) {
    output.type = valueInfo(output.name, output.type.tensor_type.elem_type).type;
  }
  const outputs = await run(serializeOnnx(model), feeds);
  for (const output of graph.output) {
    const { elem_type } = output.type.tensor_type;
    output.type = valueInfo(output.name, elem_type, [...outputs[output.name]?.dims ?? []]).type;
  }
}

async function run(model: Uint8Array, feeds: Record<string, Tensor>) {
  let session: InferenceSession | undefined;
  try {
    session = await InferenceSession.create(model, sessionSettings(1));
    return await session.run(feeds) as Record<string, Tensor>;
  } catch (cause) {
    throw cannotRun(cause);
  } finally {
    await session?.release();
  }
}

/** Says why the runtime refuses a model. */
export function cannotRun(cause: unknown): UnknownHeadError {
  return new UnknownHeadError(
    `onnxruntime cannot run it (${
      reasonOf(cause).slice(0, 200)
    }); an export to plain ONNX, for one image of a fixed size, works`,
    { cause },
  );
}
