import type { Size } from "../image/size.ts";
import { type Preprocessing, UNIT_RANGE } from "../onnx/detector_layout.ts";
import { UnknownHeadError } from "../onnx/errors.ts";
import { GraphLookup } from "../onnx/graph_lookup.ts";
import { dimensions, type OnnxModel } from "../onnx/onnx_schema.ts";
import { inputSize } from "./detector_inputs.ts";
import { labelClasses } from "./heads/class_labels.ts";
import { sourceOf } from "./heads/column_evidence.ts";
import { readMetadata } from "./heads/export_metadata.ts";
import { readPreprocessing } from "./heads/preprocessing.ts";

/** What a classifier's graph gives, and how to feed it. */
export interface ClassifierLayout {
  /** Names of the classes by index. */
  labels: string[];
  /** Size of the input, in pixels. */
  input: Size;
  /** Name of the output, `[1, classes]`, alone. */
  outputs: [string];
  /** Whether these are logits, of which a softmax is to be taken, rather than probabilities. */
  hasLogits: boolean;
  /** How images are fed. */
  preprocessing: Preprocessing;
}

/** Input of a classifier whose graph works at any, in pixels: that of ImageNet. */
const USUAL_INPUT: Size = { width: 224, height: 224 };

/**
 * Finds out how to feed and read a classifier.
 *
 * @throws {UnknownHeadError} If it is none that can be read; the message names what was found and what would work.
 */
export function inspectClassifier(model: OnnxModel): ClassifierLayout {
  const { graph } = model;
  const metadata = readMetadata(model);
  const [output, ...others] = graph.output;
  const [, classes = -1, ...rest] = output === undefined ? [] : dimensions(output);
  const hasShape = output !== undefined && others.length === 0 && rest.length === 0 && classes > 0;
  if (!hasShape || ![undefined, "classify"].includes(metadata.task)) {
    const shapes = graph.output.map((each) => `${each.name} [${dimensions(each).join(", ")}]`);
    const task = metadata.task ?? "not noted";
    throw new UnknownHeadError(
      `it is no classifier: its task is ${task}, its outputs are ${
        shapes.join("; ")
      }; an export for classification, with one output [1, classes], works`,
    );
  }
  const input = inputSize(graph) ?? USUAL_INPUT;
  // As Ultralytics feeds them: square ones with the middle of the image, others with all of it.
  const fit = input.width === input.height ? "crop" : "stretch";
  return {
    labels: labelClasses(metadata.names, classes),
    input,
    outputs: [output.name],
    hasLogits: sourceOf(new GraphLookup(graph), output.name).node?.op_type !== "Softmax",
    preprocessing: readPreprocessing(metadata, { ...UNIT_RANGE, fit }),
  };
}
