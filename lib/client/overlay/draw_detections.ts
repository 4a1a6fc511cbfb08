/** Draws what was found over the image. */

import { labelColor } from "../../image/label_colors.ts";
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
/** Lies around every line and letter, so that they stand out from any image. */
const HALO = "rgb(11 13 16 / 75%)";
/** Lies around letters that have no ground of their own: white on it is readable on any image. */
const OUTLINE = "#0b0d10";

/**
 * Draws an overlay on a cleared canvas.
 *
 * @param context Scaled so that its unit is one CSS pixel.
 */
export function drawDetections(context: CanvasRenderingContext2D, layout: OverlayLayout): void {
  context.lineJoin = "round";
  context.textBaseline = "middle";
  // Otherwise both are as the page reads, and labels would lie beside their grounds.
  context.direction = "ltr";
  context.textAlign = "left";
  context.font = `600 ${FONT_SIZE}px ${FONT_FAMILY}`;
  // The surest object is drawn last, on top of the others, but has the first choice of a place for its label.
  for (const placed of [...layout.detections].reverse()) drawBox(context, placed);
  const taken: Rectangle[] = [];
  const labels = layout.detections.map((placed) => {
    const width = context.measureText(placed.label).width + 2 * LABEL_PADDING;
    const place = placeLabel(placed.box, { width, height: LABEL_HEIGHT }, layout.visible, taken);
    taken.push(place);
    return { placed, place };
  });
  for (const { placed, place } of labels.reverse()) drawLabel(context, placed, place);
  for (const text of layout.texts) {
    drawPolygon(context, text);
    if (isSlanted(text)) {
      drawAlongLine(context, text);
      continue;
    }
    const size = { width: context.measureText(text.text).width, height: LABEL_HEIGHT };
    const place = placeLabel(beginningOf(text.polygon), size, layout.visible, taken);
    taken.push(place);
    drawOutlined(context, text.text, place.x, place.y + LABEL_HEIGHT / 2);
  }
  drawFrameIndex(context, layout);
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

function drawPolygon(
  context: CanvasRenderingContext2D,
  { polygon, isSettling }: PlacedText,
): void {
  context.beginPath();
  for (const [x, y] of polygon) context.lineTo(x, y);
  context.closePath();
  // Dashes say that the reading may still change.
  if (isSettling) context.setLineDash([4, 4]);
  strokeTwice(context, "#ffffff", 1.5);
  context.setLineDash([]);
}

/** A level label would lie across a line that is not level, so it is written along that line, just above it. */
function drawAlongLine(context: CanvasRenderingContext2D, text: PlacedText): void {
  const [[x, y]] = text.polygon;
  context.save();
  context.translate(x, y);
  context.rotate(slant(text));
  drawOutlined(context, text.text, 0, -LABEL_HEIGHT / 2);
  context.restore();
}

/** The direction of a line of text, in radians clockwise from level. */
function slant({ polygon: [[left, top], [right, bottom]] }: PlacedText): number {
  return Math.atan2(bottom - top, right - left);
}

/** Whether a line lies at more than some 3° and still reads from left to right. */
function isSlanted(text: PlacedText): boolean {
  const angle = Math.abs(slant(text));
  return angle > 0.05 && angle < Math.PI / 3;
}

function drawFrameIndex(
  context: CanvasRenderingContext2D,
  { frameIndex, visible }: OverlayLayout,
): void {
  const left = visible.x + LABEL_HEIGHT / 2;
  const middle = visible.y + visible.height - LABEL_HEIGHT;
  context.font = `${FONT_SIZE - 1}px ${FONT_FAMILY}`;
  drawOutlined(context, `Frame ${frameIndex}`, left, middle);
}

function drawOutlined(
  context: CanvasRenderingContext2D,
  text: string,
  left: number,
  middle: number,
): void {
  context.strokeStyle = OUTLINE;
  context.lineWidth = 4;
  context.strokeText(text, left, middle);
  context.fillStyle = "#ffffff";
  context.fillText(text, left, middle);
}

function strokeTwice(context: CanvasRenderingContext2D, color: string, width = STROKE_WIDTH): void {
  context.strokeStyle = HALO;
  context.lineWidth = width + 2;
  context.stroke();
  context.strokeStyle = color;
  context.lineWidth = width;
  context.stroke();
}

/** A line of text is labelled at its beginning, which the box around a line that runs down can be far from. */
function beginningOf([first, , , last]: PlacedText["polygon"]): Rectangle {
  return { x: first[0], y: first[1], width: 0, height: last[1] - first[1] };
}
