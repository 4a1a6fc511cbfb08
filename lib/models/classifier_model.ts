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

/**
 * Makes sure that a classifier can be used: it is read, and looks at a grey image.
 *
 * @param source The model's file
 * @returns Its layout
 * @throws {ModelNotFoundError} If there is no such file
 * @throws {ModelError} If it cannot be read, is no classifier that can be used, or onnxruntime cannot run it
 */
export async function tryClassifier(source: string): Promise<ClassifierLayout> {
  const graph = await loadClassifier(source);
  // Loaded only here, since not all that asks for classifiers runs one.
  const { Classifier } = await import("../detection/classifier.ts");
  const { cannotRun } = await import("./ask_shapes.ts");
  try {
    const classifier = await Classifier.create({ ...graph, threads: 1 });
    await classifier.warmUp().finally(() => classifier.release());
  } catch (cause) {
    throw new UnknownHeadError(`Cannot use the model ${source}: ${cannotRun(cause).message}`, {
      cause,
    });
  }
  return graph.layout;
}
