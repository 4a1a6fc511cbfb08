/** Draws what was found over the picture. */

import { labelColor } from "./label_colors.ts";
import {
  type OverlayLayout,
  type PlacedDetection,
  type PlacedText,
  placeLabel,
  type Rectangle,
} from "./overlay_layout.ts";

const FONT_FAMILY = `system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif`;
const FONT_SIZE = 13;
const LABEL_HEIGHT = 20;
const LABEL_PADDING = 6;
const STROKE_WIDTH = 2.5;
/** Lies around every line and letter, so that they stand out from any picture. */
const HALO = "rgb(11 13 16 / 75%)";

/**
 * Draws an overlay on a cleared canvas.
 *
 * @param context Scaled so that its unit is one CSS pixel.
 */
export function drawDetections(context: CanvasRenderingContext2D, layout: OverlayLayout): void {
  context.lineJoin = "round";
  context.textBaseline = "middle";
  context.font = `600 ${FONT_SIZE}px ${FONT_FAMILY}`;
  // The surest object is drawn last, on top of the others, but has the first choice of a place for its label.
  for (const placed of layout.detections.toReversed()) drawBox(context, placed);
  const taken: Rectangle[] = [];
  const labels = layout.detections.map((placed) => {
    const width = context.measureText(placed.label).width + 2 * LABEL_PADDING;
    const place = placeLabel(placed.box, { width, height: LABEL_HEIGHT }, layout.shown, taken);
    taken.push(place);
    return { placed, place };
  });
  for (const { placed, place } of labels.reverse()) drawLabel(context, placed, place);
  for (const text of layout.texts) drawText(context, text, layout.shown);
}

function drawBox(context: CanvasRenderingContext2D, { detection, box }: PlacedDetection): void {
  context.beginPath();
  context.roundRect(box.x, box.y, box.width, box.height, 4);
  strokeTwice(context, labelColor(detection.class_id).fill);
}

function drawLabel(
  context: CanvasRenderingContext2D,
  { detection, label }: PlacedDetection,
  place: Rectangle,
): void {
  const color = labelColor(detection.class_id);
  context.beginPath();
  context.roundRect(place.x, place.y, place.width, place.height, 4);
  context.strokeStyle = HALO;
  context.lineWidth = 2;
  context.stroke();
  context.fillStyle = color.fill;
  context.fill();
  context.fillStyle = color.text;
  context.fillText(label, place.x + LABEL_PADDING, place.y + LABEL_HEIGHT / 2 + 0.5);
}

function drawText(
  context: CanvasRenderingContext2D,
  { text, polygon }: PlacedText,
  shown: Rectangle,
): void {
  context.beginPath();
  for (const [x, y] of polygon) context.lineTo(x, y);
  context.closePath();
  strokeTwice(context, "#ffffff", 1.5);
  const bounds = boundsOf(polygon);
  const size = { width: context.measureText(text).width, height: LABEL_HEIGHT };
  const place = placeLabel(bounds, size, shown, [bounds]);
  context.strokeStyle = HALO;
  context.lineWidth = 4;
  context.strokeText(text, place.x, place.y + LABEL_HEIGHT / 2);
  context.fillStyle = "#ffffff";
  context.fillText(text, place.x, place.y + LABEL_HEIGHT / 2);
}

function strokeTwice(context: CanvasRenderingContext2D, color: string, width = STROKE_WIDTH): void {
  context.strokeStyle = HALO;
  context.lineWidth = width + 2;
  context.stroke();
  context.strokeStyle = color;
  context.lineWidth = width;
  context.stroke();
}

function boundsOf(polygon: PlacedText["polygon"]): Rectangle {
  const xs = polygon.map(([x]) => x);
  const ys = polygon.map(([, y]) => y);
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}
