/** Draws an image and what was found in it on one canvas, for snapshots and recordings. */

import { drawDetections } from "./draw_detections.ts";
import type { Size } from "../../image/size.ts";
import { fittedRectangle, layOutOverlay, type OverlayChoice } from "./overlay_layout.ts";
import type { ResultMessage } from "../../protocol/stream.ts";

/** Labels are as large as on a stage of this many CSS pixels. */
const STAGE_SIDE = 800;

/** An image, and how large it is now. */
export interface SizedImage {
  /** What is drawn. */
  element: CanvasImageSource;
  /** Its own size, in pixels. */
  size: Size;
}

/** Options for {@linkcode drawAnnotatedImage}. */
export interface AnnotatedImageOptions {
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
 * Draws an image and the overlay of a result on a canvas, as large as fits; what is left of the canvas is black.
 *
 * @param size Size of the canvas, in pixels.
 * @param message `null` for the image alone.
 */
export function drawAnnotatedImage(
  context: CanvasRenderingContext2D,
  size: Size,
  source: SizedImage,
  message: ResultMessage | null,
  { choice, opacity = 1 }: AnnotatedImageOptions,
): void {
  const { x, y, width, height } = fittedRectangle(size, source.size);
  context.fillStyle = "#000000";
  context.fillRect(0, 0, size.width, size.height);
  context.drawImage(source.element, x, y, width, height);
  if (message === null) return;
  const unit = Math.max(1, Math.max(size.width, size.height) / STAGE_SIDE);
  const canvas = { width: size.width / unit, height: size.height / unit };
  const shown = fittedRectangle(canvas, message.result.image);
  context.save();
  context.scale(unit, unit);
  context.globalAlpha = opacity;
  drawDetections(context, layOutOverlay(message, shown, choice));
  context.restore();
}
