/** Draws a picture and what was found in it on one canvas, for snapshots and recordings. */

import { drawDetections } from "./draw_detections.ts";
import type { Size } from "./frame_capture.ts";
import { layOutOverlay, type OverlayChoice } from "./overlay_layout.ts";
import type { ResultMessage } from "./protocol.ts";

/** Labels are as large as on a stage of this many CSS pixels. */
const STAGE_SIDE = 800;

/** Options for {@linkcode drawAnnotatedPicture}. */
export interface AnnotatedPictureOptions {
  /** What of the result is drawn. */
  choice: OverlayChoice;
  /**
   * Opacity of what was found, between 0 and 1.
   *
   * @default {1}
   */
  opacity?: number;
}

/**
 * Fills a canvas with a picture and the overlay of a result.
 *
 * @param size Size of the canvas, in pixels.
 * @param message `null` for the picture alone.
 */
export function drawAnnotatedPicture(
  context: CanvasRenderingContext2D,
  size: Size,
  picture: CanvasImageSource,
  message: ResultMessage | null,
  { choice, opacity = 1 }: AnnotatedPictureOptions,
): void {
  context.drawImage(picture, 0, 0, size.width, size.height);
  if (message === null) return;
  const unit = Math.max(1, Math.max(size.width, size.height) / STAGE_SIDE);
  const shown = { x: 0, y: 0, width: size.width / unit, height: size.height / unit };
  context.save();
  context.scale(unit, unit);
  context.globalAlpha = opacity;
  drawDetections(context, layOutOverlay(message, shown, choice));
  context.restore();
}
