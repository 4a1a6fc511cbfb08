/** Where things go on the overlay: pure geometry, without a canvas. */

import type { Size } from "./frame_capture.ts";
import type { BoundingBox, Detection, Point, ResultMessage } from "./protocol.ts";

/** An axis-parallel rectangle; on the overlay in CSS pixels. */
export interface Rectangle extends Size {
  x: number;
  y: number;
}

/**
 * The part of an element that its picture covers under `object-fit: contain`.
 *
 * @param element Size of the element, in CSS pixels.
 * @param content Size of the picture, in any unit.
 * @returns In CSS pixels, from the element's top left corner; empty while a size is 0.
 */
export function containedRectangle(element: Size, content: Size): Rectangle {
  if (content.width <= 0 || content.height <= 0) return { x: 0, y: 0, width: 0, height: 0 };
  const scale = Math.min(element.width / content.width, element.height / content.height);
  const width = content.width * scale;
  const height = content.height * scale;
  return { x: (element.width - width) / 2, y: (element.height - height) / 2, width, height };
}

/**
 * A bounding box as it lies on the shown picture.
 *
 * @param frame Size of the frame that the box was found in, in pixels.
 * @param shown Where the picture is shown.
 */
export function placeBox(box: BoundingBox, frame: Size, shown: Rectangle): Rectangle {
  const [x, y] = placePoint([box[0], box[1]], frame, shown);
  return {
    x,
    y,
    width: box[2] * shown.width / frame.width,
    height: box[3] * shown.height / frame.height,
  };
}

/** A point as it lies on the shown picture; see {@linkcode placeBox}. */
export function placePoint([x, y]: Point, frame: Size, shown: Rectangle): Point {
  return [
    shown.x + x * shown.width / frame.width,
    shown.y + y * shown.height / frame.height,
  ];
}

/** Whether two rectangles share more than an edge. */
export function overlaps(a: Rectangle, b: Rectangle): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/**
 * Finds a place for the label of a box: above it, else inside at its top, below it, or inside at its bottom, where
 * it stays within the picture and covers no other label.
 *
 * @param taken Where labels are already. If every place is taken, the first that fits is used all the same.
 */
export function placeLabel(
  box: Rectangle,
  label: Size,
  shown: Rectangle,
  taken: readonly Rectangle[],
): Rectangle {
  const rightmost = shown.x + shown.width - label.width;
  const x = Math.max(shown.x, Math.min(box.x, rightmost));
  const bottom = box.y + box.height;
  const places = [box.y - label.height, box.y, bottom, bottom - label.height]
    .map((y) => ({ x, y, ...label }))
    .filter(({ y }) => y >= shown.y && y + label.height <= shown.y + shown.height);
  return places.find((place) => !taken.some((other) => overlaps(place, other))) ?? places[0] ??
    { x, y: shown.y, ...label };
}

/** One object as it is drawn. */
export interface PlacedDetection {
  detection: Detection;
  /** Such as `dog 93 %`. */
  label: string;
  box: Rectangle;
}

/** One line of text as it is drawn. */
export interface PlacedText {
  text: string;
  /** Corners, clockwise from the top left of the text. */
  polygon: [Point, Point, Point, Point];
}

/** Everything that is drawn for one result. */
export interface OverlayLayout {
  frameIndex: number;
  shown: Rectangle;
  detections: PlacedDetection[];
  texts: PlacedText[];
}

/** What the person wants to see. */
export interface OverlayChoice {
  /** Less certain objects are left out; between 0 and 1. */
  minimumConfidence: number;
  showBoxes: boolean;
  showText: boolean;
}

/** Lays out a result over a picture that is shown at `shown`. */
export function layOutOverlay(
  { frame_index, result }: ResultMessage,
  shown: Rectangle,
  { minimumConfidence, showBoxes, showText }: OverlayChoice,
): OverlayLayout {
  const detections = showBoxes ? result.detections : [];
  const texts = showText ? result.text_blocks : [];
  return {
    frameIndex: frame_index,
    shown,
    detections: detections
      .filter(({ confidence }) => confidence >= minimumConfidence)
      .map((detection) => ({
        detection,
        label: `${detection.label} ${formatPercent(detection.confidence)}`,
        box: placeBox(detection.bbox, result.image, shown),
      })),
    texts: texts.map(({ text, polygon }) => ({
      text,
      polygon: polygon.map((point) =>
        placePoint(point, result.image, shown)
      ) as PlacedText["polygon"],
    })),
  };
}

/** A share as people read it: 0.934 is `93 %`. */
export function formatPercent(share: number): string {
  // The space does not break, so that a number is never parted from its unit.
  return `${Math.round(share * 100)}\u00a0%`;
}
