/** Where things go on the overlay: pure geometry, without a canvas. */

import { className, detectionLabel, formatPercent, type Rectangle } from "../../image/captions.ts";
import { MAX_SHOWN_CLASSES } from "../../image/label_colors.ts";
import { type Pose, toPose } from "../../image/pose.ts";
import type { Size } from "../../image/size.ts";
import type { Classification } from "../../protocol/classification.ts";
import type { Detection } from "../../protocol/detection.ts";
import type { BoundingBox, Point } from "../../protocol/geometry.ts";
import type { Quadrilateral } from "../../image/map_geometry.ts";
import type { ResultMessage } from "../../protocol/stream.ts";

/** How an image is fitted into an element, as CSS's `object-fit` names it. */
export type Fit = "contain" | "cover";

/**
 * Where an element shows its image.
 *
 * @param element Size of the element, in CSS pixels.
 * @param content Size of the image, in any unit.
 * @param fit With `cover` the image may reach beyond the element, where it is not seen.
 * @returns In CSS pixels, from the element's top left corner; empty while a size is 0.
 */
export function fittedRectangle(element: Size, content: Size, fit: Fit = "contain"): Rectangle {
  if (content.width <= 0 || content.height <= 0) return { x: 0, y: 0, width: 0, height: 0 };
  const across = element.width / content.width;
  const down = element.height / content.height;
  const scale = fit === "contain" ? Math.min(across, down) : Math.max(across, down);
  const width = content.width * scale;
  const height = content.height * scale;
  return { x: (element.width - width) / 2, y: (element.height - height) / 2, width, height };
}

/**
 * A bounding box as it lies on the shown image.
 *
 * @param frame Size of the frame that the box was found in, in pixels.
 * @param shown Where the image is shown.
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

/** A point as it lies on the shown image; see {@linkcode placeBox}. */
export function placePoint([x, y]: Point, frame: Size, shown: Rectangle): Point {
  return [
    shown.x + x * shown.width / frame.width,
    shown.y + y * shown.height / frame.height,
  ];
}

/** What two rectangles share; empty where they share nothing. */
export function intersection(a: Rectangle, b: Rectangle): Rectangle {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(0, Math.min(a.x + a.width, b.x + b.width) - x),
    height: Math.max(0, Math.min(a.y + a.height, b.y + b.height) - y),
  };
}

/** One object as it is drawn. */
export interface PlacedDetection {
  /** As the server gave it, in pixels of the frame. */
  detection: Detection;
  /** Such as `dog 93 %`, or `dog 93 % · beagle 81 %` for one that is classified. */
  label: string;
  /** Where it lies on the shown image. */
  box: Rectangle;
  /** Outline of the object; `undefined` without one. */
  mask: Point[] | undefined;
  /** Corners of the box as it is turned, which are drawn in place of `box`; `undefined` for one that is level. */
  polygon: Quadrilateral | undefined;
  /** Its keypoints. */
  pose: Pose;
}

/** One class of the whole image as it is drawn. */
export interface PlacedClass {
  /** Such as `beach 71 %`. */
  label: string;
  /** Index of the class in the model. */
  class_id: number;
}

/** One line of text as it is drawn. */
export interface PlacedText {
  /** As it was read. */
  text: string;
  /** Whether the reading may still change. */
  isSettling: boolean;
  /** Corners, clockwise from the top left of the text. */
  polygon: Quadrilateral;
}

/** Everything that is drawn for one result. */
export interface OverlayLayout {
  /** Number of the frame, as its result gives it: from 1 in a stream, from 0 in a video file. */
  frameIndex: number;
  /** The part of the image that is seen. */
  visible: Rectangle;
  /** Those that the person wants to see, the surest first. */
  detections: PlacedDetection[];
  /** The one that the person points at, whose label is shown in any case; `undefined` for none. */
  pointedAt: PlacedDetection | undefined;
  /** The likeliest classes of the whole image that the person wants to see, the surest first. */
  classes: PlacedClass[];
  /** In reading order; empty where the person wants to see none. */
  texts: PlacedText[];
}

/** What the person wants to see. */
export interface OverlayChoice {
  /** Less certain objects are left out; between 0 and 1. */
  minimumConfidence: number;
  /** Names of classes that are left out. */
  hiddenLabels: readonly string[];
  /** Whether objects are drawn. */
  showBoxes: boolean;
  /** Whether lines of text are drawn. */
  showText: boolean;
}

/** The objects that the person wants to see, whether as boxes or in the list. */
export function chosenDetections(
  detections: readonly Detection[],
  choice: Pick<OverlayChoice, "minimumConfidence" | "hiddenLabels">,
): Detection[] {
  return detections.filter((detection) => isChosen(detection, choice));
}

/** The likeliest classes of the whole image that the person wants to see; see {@linkcode chosenDetections}. */
export function chosenClasses(
  classes: readonly Classification[] | undefined,
  choice: Pick<OverlayChoice, "minimumConfidence" | "hiddenLabels">,
): Classification[] {
  return (classes ?? []).filter((each) => isChosen(each, choice)).slice(0, MAX_SHOWN_CLASSES);
}

function isChosen(
  { label, confidence }: Classification | Detection,
  { minimumConfidence, hiddenLabels }: Pick<OverlayChoice, "minimumConfidence" | "hiddenLabels">,
): boolean {
  return confidence >= minimumConfidence && !hiddenLabels.includes(label);
}

/**
 * Lays out a result over an image, with nothing pointed at.
 *
 * @param shown Where the image is shown.
 * @param visible The part of the image that is seen.
 */
export function layOutOverlay(
  { frame_index, result }: ResultMessage,
  shown: Rectangle,
  choice: OverlayChoice,
  visible: Rectangle = shown,
): OverlayLayout {
  const detections = choice.showBoxes ? chosenDetections(result.detections, choice) : [];
  const classes = choice.showBoxes ? chosenClasses(result.classes, choice) : [];
  const texts = choice.showText ? result.text_blocks : [];
  const place = (point: Point) => placePoint(point, result.image, shown);
  const placeCorners = ([a, b, c, d]: Quadrilateral): Quadrilateral => [
    place(a),
    place(b),
    place(c),
    place(d),
  ];
  const placed = detections.map((detection): PlacedDetection => {
    const { bbox, mask, keypoints = [], polygon } = detection;
    const { joints, bones } = toPose(keypoints, result.models.keypoint_names);
    return {
      detection,
      label: detectionLabel(detection),
      box: placeBox(bbox, result.image, shown),
      mask: mask?.map(place),
      polygon: polygon && placeCorners(polygon),
      pose: {
        joints: joints.map(place),
        bones: bones.map(([from, to]) => [place(from), place(to)]),
      },
    };
  });
  return {
    frameIndex: frame_index,
    visible,
    detections: placed,
    pointedAt: undefined,
    classes: classes.map(({ label, class_id, confidence }) => ({
      label: `${className(label)} ${formatPercent(confidence)}`,
      class_id,
    })),
    texts: texts.map(({ text, polygon, stable }) => ({
      text,
      isSettling: stable === false,
      polygon: placeCorners(polygon),
    })),
  };
}

/** Whether an object is so small that its label would hide more than it tells. */
export function isSmall(box: Size, label: Size): boolean {
  return box.width < label.width || box.height < 2 * label.height;
}

/** The smallest object at a point of the overlay; `undefined` where there is none. */
export function objectAt(
  [x, y]: Point,
  detections: readonly PlacedDetection[],
): PlacedDetection | undefined {
  const area = ({ box }: PlacedDetection) => box.width * box.height;
  return detections
    .filter(({ box }) =>
      x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height
    )
    .sort((a, b) => area(a) - area(b))[0];
}
