import { dimensions, type OnnxModel } from "../onnx/onnx_schema.ts";

/** Whether a model does not say what shapes its outputs have, apart from the number of images. */
export function hasOpenShapes({ graph }: OnnxModel): boolean {
  return graph.output.some((output) => {
    const [, ...shape] = dimensions(output);
    return shape.length === 0 || shape.includes(-1);
  });
}
