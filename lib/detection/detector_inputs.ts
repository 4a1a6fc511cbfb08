/** What a detector's graph is fed. @module */

import type { Size } from "../image/size.ts";
import { UnknownHeadError } from "../onnx/errors.ts";
import { fedInputs, tensor } from "../onnx/onnx_nodes.ts";
import {
  dimensions,
  ELEMENT_TYPES,
  type OnnxGraph,
  type OnnxTensor,
  type OnnxValueInfo,
} from "../onnx/onnx_schema.ts";

/** The inputs of a detector. */
export interface DetectorInputs {
  /** The image, `[1, 3, height, width]` float32. */
  image: OnnxValueInfo;
  /** What else the graph is fed, as constants: the size of the image, by which some exports scale their boxes. */
  fixed: OnnxTensor[];
}

/**
 * Finds the inputs of a graph.
 *
 * @param size Size of the image that will be fed, in pixels
 * @throws {UnknownHeadError} If there are others than an image of float32 and its size.
 */
export function imageInputs(graph: OnnxGraph, size: Size): DetectorInputs {
  const inputs = fedInputs(graph);
  const image = findImage(inputs);
  if (image.type.tensor_type.elem_type !== ELEMENT_TYPES.float32) {
    throw new UnknownHeadError(
      `its input ${describe(image)} is not float32; an export that takes float32 images works`,
    );
  }
  const { width, height } = size;
  const fixed = inputs.filter((input) => input !== image).map(({ name }) =>
    tensor(name, [1, 2], [width, height])
  );
  return { image, fixed };
}

/** Size of the images that a graph takes, in pixels; `undefined` where it leaves that open. */
export function inputSize(graph: OnnxGraph): Size | undefined {
  const [, , height = -1, width = -1] = dimensions(findImage(fedInputs(graph)));
  return height > 0 && width > 0 ? { width, height } : undefined;
}

function findImage(inputs: readonly OnnxValueInfo[]): OnnxValueInfo {
  const images = inputs.filter((input) => dimensions(input).length === 4);
  const [image] = images;
  const isKnown = inputs.every((input) => input === image || isSize(input));
  if (image === undefined || !isKnown) {
    throw new UnknownHeadError(
      `its inputs are ${
        inputs.map(describe).join("; ") || "none"
      }; an export that takes one image, [1, 3, height, width], works`,
    );
  }
  const [, channels = -1, , last = -1] = dimensions(image);
  if (channels > 0 ? channels !== 3 : last === 3) {
    throw new UnknownHeadError(
      `its input is ${describe(image)}; an export that takes [1, 3, height, width] works`,
    );
  }
  return image;
}

/** Whether an input is the size of the image, `[1, 2]` of integers. */
function isSize(input: OnnxValueInfo): boolean {
  const shape = dimensions(input);
  return shape.length === 2 && shape[1] === 2 &&
    input.type.tensor_type.elem_type === ELEMENT_TYPES.int64;
}

function describe(input: OnnxValueInfo): string {
  return `${input.name} [${dimensions(input).join(", ")}]`;
}
