import { mapGeometry } from "../../image/map_geometry.ts";
import type { ResultMessage } from "../../protocol/stream.ts";

/**
 * A result as it lies on the mirrored frame, for front cameras, which pages show as a mirror does.
 *
 * Corners stay in the order in which they are seen: clockwise from the top left. Keypoints keep their names: a person's left
 * eye is still the left one.
 */
export function mirrorResult({ frame_index, result }: ResultMessage): ResultMessage {
  const { width: frameWidth } = result.image;
  const mirrored = mapGeometry(result, {
    point: ([x, y]) => [frameWidth - x, y],
    box: ([x, y, width, height]) => [frameWidth - x - width, y, width, height],
    order: ([first, second, third, fourth]) => [second, first, fourth, third],
  });
  return { frame_index, result: mirrored };
}
