/**
 * Removes work from a detector's ONNX graph without changing what the detector finds.
 *
 * @module
 */

import { boundBoxes } from "./bound_boxes.ts";
import { type DetectorLayout, STRIDES } from "./detector_layout.ts";
import type { OnnxModel } from "./onnx_schema.ts";
import { partConvolutions } from "./part_convolutions.ts";

/** From here on `Pad` and `Slice` take computed places. */
const LEAST_OPERATOR_SET = 11;

/**
 * Edits a model in place, and returns it.
 *
 * - A convolution whose output channels are split afterwards becomes one for each part.
 * - Boxes are computed only in those rows of each grid, from the first to the last, that hold a class above the
 *   confidence; in all others they are 0.
 *
 * Parts that do not look as expected are left as they are.
 *
 * @param confidence Confidence that a detection has to exceed, between 0 and 1
 */
export function leanDetector(
  model: OnnxModel,
  layout: DetectorLayout,
  confidence: number,
): OnnxModel {
  const { graph } = partConvolutions(model);
  const operatorSet = model.opset_import.find(({ domain }) => !domain)?.version ?? 0;
  if (layout.kind === "dfl" && Number(operatorSet) >= LEAST_OPERATOR_SET) {
    const leastLogit = Math.log(confidence / (1 - confidence));
    const { outputs, input, strides = STRIDES } = layout;
    strides.forEach((stride, index) => {
      const [boxes = "", classes = ""] = outputs.slice(2 * index);
      const grid = { rows: input.height / stride, columns: input.width / stride };
      boundBoxes(graph, { boxes, classes }, grid, leastLogit);
    });
  }
  return model;
}
