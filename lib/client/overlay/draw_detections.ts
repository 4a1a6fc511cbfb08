/** Draws what was found over the image. */

import { MASK_OPACITY } from "../../image/label_colors.ts";
import type { Pose } from "../../image/pose.ts";
import type { Size } from "../../image/size.ts";
import type { Point } from "../../protocol/geometry.ts";
import { labelAnchor, placeLabel, type Rectangle } from "../../image/captions.ts";
import {
  isSmall,
  type OverlayLayout,
  type PlacedDetection,
  type PlacedText,
} from "./overlay_layout.ts";
import { pageColors } from "./present_colors.ts";

const FONT_FAMILY = `system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif`;
const FONT_SIZE = 13;
const LABEL_HEIGHT = 20;
const LABEL_PADDING = 6;
const STROKE_WIDTH = 2.5;
/** Lines of a small object, which are close together, and cost as much time as those of a large one. */
const THIN = 1;
/** Of the keypoints of a large object; those of a small one lie close together. */
const JOINT_RADIUS = { smallest: 1.5, largest: 3, share: 1 / 60 };
/** Below this radius keypoints would hide the bones that end in them. */
const SMALLEST_JOINT_ON_BONE = 2;
/** Points of an outline that are closer to each other, in CSS pixels, look like one. */
const OUTLINE_STEP = 2;
const JOINT_COLOR = "#ffffff";
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
  for (const placed of [...layout.detections].reverse()) drawObject(context, placed);
  const taken: Rectangle[] = [];
  drawClasses(context, layout, taken);
  const labels = layout.detections.flatMap((placed) => {
    const { label, detection: { class_id }, box, polygon } = placed;
    const size = labelSize(context, label);
    // The label of a small object would hide more than it tells.
    if (isSmall(box, size) && placed !== layout.pointedAt) return [];
    const place = placeLabel(labelAnchor(box, polygon), size, layout.visible, taken);
    taken.push(place);
    return [{ label, class_id, place }];
  });
  for (const label of labels.reverse()) drawLabel(context, label);
  for (const text of layout.texts) {
    drawTextOutline(context, text);
    if (isSlanted(text)) {
      drawAlongLine(context, text);
      continue;
    }
    const size = { width: context.measureText(text.text).width, height: LABEL_HEIGHT };
    const place = placeLabel(beginningOf(text.polygon), size, layout.visible, taken);
    taken.push(place);
    drawOutlined(context, text.text, place.x, place.y + LABEL_HEIGHT / 2);
  }
}

function drawObject(
  context: CanvasRenderingContext2D,
  { detection, box, mask, polygon, pose }: PlacedDetection,
): void {
  const color = pageColors.of(detection.class_id).fill;
  const { smallest, largest, share } = JOINT_RADIUS;
  const radius = Math.min(largest, Math.max(smallest, share * Math.max(box.width, box.height)));
  const width = radius < SMALLEST_JOINT_ON_BONE ? THIN : Math.min(STROKE_WIDTH, radius);
  if (mask !== undefined) drawMask(context, mask, color, width);
  if (polygon === undefined) {
    context.beginPath();
    context.roundRect(box.x, box.y, box.width, box.height, 4);
  } else {
    tracePolygon(context, polygon);
  }
  // Beside an outline the box only says which label belongs to it.
  strokeTwice(context, color, mask === undefined ? STROKE_WIDTH : THIN);
  if (pose.bones.length > 0) drawBones(context, pose, color, width);
  if (pose.bones.length === 0 || radius >= SMALLEST_JOINT_ON_BONE) {
    drawJoints(context, pose, color, radius);
  }
}

function drawBones(
  context: CanvasRenderingContext2D,
  { bones }: Pose,
  color: string,
  width: number,
): void {
  context.beginPath();
  for (const [from, to] of bones) {
    context.moveTo(...from);
    context.lineTo(...to);
  }
  strokeTwice(context, color, width);
}

function drawJoints(
  context: CanvasRenderingContext2D,
  { joints }: Pose,
  color: string,
  radius: number,
): void {
  context.beginPath();
  for (const [x, y] of joints) {
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 2 * Math.PI);
  }
  strokeTwice(context, color, 1);
  context.fillStyle = JOINT_COLOR;
  context.fill();
}

function drawMask(
  context: CanvasRenderingContext2D,
  mask: Point[],
  color: string,
  width: number,
): void {
  tracePolygon(context, withoutNeighbours(mask));
  const { globalAlpha } = context;
  context.globalAlpha = globalAlpha * MASK_OPACITY;
  context.fillStyle = color;
  context.fill();
  context.globalAlpha = globalAlpha;
  // With so many points nobody sees how they are joined, and rounding each takes a fifth of the time.
  context.lineJoin = "bevel";
  strokeTwice(context, color, width);
  context.lineJoin = "round";
}

/** An outline without the points that are hardly any step away from the one before. */
function withoutNeighbours(outline: readonly Point[]): Point[] {
  const kept: Point[] = [];
  for (const point of outline) {
    const [x, y] = kept.at(-1) ?? [Infinity, Infinity];
    if (Math.abs(point[0] - x) + Math.abs(point[1] - y) >= OUTLINE_STEP) kept.push(point);
  }
  return kept;
}

/** What the whole image shows stands in its upper left corner, where labels of objects make room for it. */
function drawClasses(
  context: CanvasRenderingContext2D,
  { classes, visible }: OverlayLayout,
  taken: Rectangle[],
): void {
  for (const [index, { label, class_id }] of classes.entries()) {
    const margin = LABEL_HEIGHT / 2;
    const place = {
      x: visible.x + margin,
      y: visible.y + margin + index * (LABEL_HEIGHT + 4),
      ...labelSize(context, label),
    };
    taken.push(place);
    drawLabel(context, { label, class_id, place });
  }
}

function labelSize(context: CanvasRenderingContext2D, label: string): Size {
  return { width: context.measureText(label).width + 2 * LABEL_PADDING, height: LABEL_HEIGHT };
}

function drawLabel(
  context: CanvasRenderingContext2D,
  { label, class_id, place }: { label: string; class_id: number; place: Rectangle },
): void {
  const color = pageColors.of(class_id);
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

function tracePolygon(context: CanvasRenderingContext2D, polygon: readonly Point[]): void {
  context.beginPath();
  for (const [x, y] of polygon) context.lineTo(x, y);
  context.closePath();
}

function drawTextOutline(
  context: CanvasRenderingContext2D,
  { polygon, isSettling }: PlacedText,
): void {
  tracePolygon(context, polygon);
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
