import type { BoundingBox, Point } from "../../protocol/geometry.ts";
import type { PipelineResult } from "../../protocol/result.ts";
import type { ResultMessage } from "../../protocol/stream.ts";
import type { TextBlock } from "../../protocol/text_block.ts";

/**
 * A result as it lies on the mirrored frame, for front cameras, which pages show as a mirror does.
 *
 * Corners stay in the order in which they are seen: clockwise from the top left.
 */
export function mirrorResult({ frame_index, result }: ResultMessage): ResultMessage {
  return { frame_index, result: mirror(result) };
}

function mirror(result: PipelineResult): PipelineResult {
  const { width: frameWidth } = result.image;
  const mirrorBox = ([x, y, width, height]: BoundingBox): BoundingBox => [
    frameWidth - x - width,
    y,
    width,
    height,
  ];
  const mirrorPoint = ([x, y]: Point): Point => [frameWidth - x, y];
  const mirrorText = (text: TextBlock): TextBlock => {
    const [first, second, third, fourth] = text.polygon;
    const polygon = [second, first, fourth, third].map(mirrorPoint) as TextBlock["polygon"];
    return { ...text, polygon, bbox: mirrorBox(text.bbox) };
  };
  return {
    ...result,
    detections: result.detections.map((it) => ({ ...it, bbox: mirrorBox(it.bbox) })),
    text_blocks: result.text_blocks.map(mirrorText),
  };
}
