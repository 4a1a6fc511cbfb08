import { type ClassifierLayout, inspectClassifier } from "../detection/classifier_graph.ts";
import { specializeGraph } from "../detection/detector_graph.ts";
import { UnknownHeadError } from "../onnx/errors.ts";
import { readModelFile } from "../onnx/model_file.ts";
import { serializeOnnx } from "../onnx/onnx_schema.ts";
import { takeSingleImage } from "../onnx/single_image.ts";

/** A classifier's graph. */
export interface SpecializedClassifier {
  /** An ONNX model that takes raw pixels. */
  model: Uint8Array;
  /** Size of the graph's input, and how its output is to be read. */
  layout: ClassifierLayout;
}

/**
 * Reads a classifier.
 *
 * @param source The model's file
 * @throws {ModelNotFoundError} If there is no such file
 * @throws {ModelError} If it cannot be read, or is no classifier that can be used
 */
export async function loadClassifier(source: string): Promise<SpecializedClassifier> {
  const { model } = await readModelFile(source);
  try {
    takeSingleImage(model);
    const layout = inspectClassifier(model);
    specializeGraph(model, layout);
    return { model: serializeOnnx(model), layout };
  } catch (cause) {
    if (!(cause instanceof UnknownHeadError)) throw cause;
    throw new UnknownHeadError(`Cannot use the model ${source}: ${cause.message}`, { cause });
  }
}
