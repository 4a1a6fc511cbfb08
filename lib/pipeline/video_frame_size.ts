import { PIPELINE_DEFAULTS } from "../config.ts";
import type { Size } from "../image/size.ts";
import type { PipelineRegistry } from "./pipeline_registry.ts";

/** Video frames that are looked into, for text or for objects inside others, are not made smaller than this, in pixels. */
const READING_SIZE: Size = { width: 1280, height: 1280 };

/**
 * What the frames of a video are to fit within for a pipeline, in pixels.
 *
 * @param inputSize Of the detector; `undefined` where it has the shape of each image
 * @returns With `anyShape` where a frame of another shape may be of as many pixels
 */
export function videoFrameSize(
  registry: PipelineRegistry,
  pipelineId: string,
  inputSize: Size | undefined,
): Size & { anyShape?: boolean } {
  const isDetailed = registry.uses(pipelineId, "reading") || registry.looksInside(pipelineId);
  const { columns, rows } = registry.tiles(pipelineId);
  if (isDetailed && columns * rows === 1) return READING_SIZE;
  const { width, height } = inputSize ?? PIPELINE_DEFAULTS.inputSize;
  // So that each tile fills the detector's input.
  return {
    width: columns * width,
    height: rows * height,
    ...(inputSize === undefined && { anyShape: true }),
  };
}
