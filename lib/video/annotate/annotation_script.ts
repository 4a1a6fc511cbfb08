/**
 * Writes results as subtitles in the ASS format, which FFmpeg draws into a video: boxes are shapes, labels are text.
 *
 * Source of the format: "Sub Station Alpha v4.00+ Script Format", and libass's wiki for what it draws.
 *
 * @module
 */

import { labelColor, MASK_OPACITY, MAX_SHOWN_CLASSES } from "../../image/label_colors.ts";
import { toPose } from "../../image/pose.ts";
import type { BoundingBox, Point } from "../../protocol/geometry.ts";
import type { Classification } from "../../protocol/classification.ts";
import type { Detection } from "../../protocol/detection.ts";
import type { PipelineResult } from "../../protocol/result.ts";
import type { VideoFrameResult } from "../../protocol/video_results.ts";
import type { Size } from "../../image/size.ts";
import { placeWithin } from "../decode/display_geometry.ts";

/** Frames a second of the clock that subtitles are timed by: it counts frames, so that none is a hair too early or late. */
export const FRAMES_PER_SECOND = 100;

/** How results are shown. */
export interface AnnotationStyle {
  /** Size of the annotated video in pixels. */
  size: Size;
  /** Frames from one result to the next; each is shown for so many. */
  frameStride: number;
}

/** The beginning of the script. */
export function formatScriptHead({ size: { width, height } }: AnnotationStyle): string {
  const fontSize = Math.max(12, Math.round(Math.min(width, height) / 26));
  const line = Math.max(2, Math.round(Math.min(width, height) / 240));
  // Name, font, size; four colours, alpha first and red last; weight and shape; border: 3 is a box behind the text.
  const style = (name: string, border: number, outline: number) =>
    `Style: ${name},sans-serif,${fontSize},&H00FFFFFF,&H00FFFFFF,&H00100D0B,&H00100D0B,` +
    `1,0,0,0,100,100,0,0,${border},${outline},0,7,0,0,0,1`;
  return [
    "[Script Info]",
    "ScriptType: v4.00+",
    `PlayResX: ${width}`,
    `PlayResY: ${height}`,
    "WrapStyle: 2",
    "ScaledBorderAndShadow: yes",
    "",
    "[V4+ Styles]",
    "Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, " +
    "Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, " +
    "MarginV, Encoding",
    style("Label", 3, line),
    style("Shape", 1, line),
    "",
    "[Events]",
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text",
    "",
  ].join("\n");
}

/** The lines for one result, with a line break at the end of each. */
export function formatScriptEvents(
  { frame_index, result }: VideoFrameResult,
  { size, frameStride }: AnnotationStyle,
): string {
  const times = `${formatTime(frame_index)},${formatTime(frame_index + frameStride)}`;
  const event = (layer: number, style: string, text: string) =>
    `Dialogue: ${layer},${times},${style},,0,0,0,,${text}\n`;
  const place = placer(result, size);
  const objects = result.detections.map((detection) => {
    const color = labelColor(detection.class_id);
    const { bbox, polygon } = detection;
    const corners = (polygon ?? cornersOf(bbox)).map(place);
    const label = drawText(captionOf(detection), labelPlace(topmost(corners), size), color);
    return shapesOf(detection, result, size).map((shape) => event(0, "Shape", shape)).join("") +
      event(2, "Label", label);
  });
  const texts = result.text_blocks.map(({ polygon, text }) => {
    const corners = polygon.map(place);
    return event(1, "Shape", drawPolygon(corners, "#ffffff")) +
      event(3, "Label", drawText(text, labelPlace(upperLeft(corners), size), TEXT_COLOR));
  });
  const { classes = [] } = result;
  const ofImage = classes.length === 0 ? [] : [event(4, "Label", drawClasses(classes, place))];
  return [...objects, ...texts, ...ofImage].join("");
}

/** How much of the image is seen through the mask of an object, from 00 to FF. */
const MASK_TRANSPARENCY = Math.round(255 * (1 - MASK_OPACITY)).toString(16).toUpperCase();

const TEXT_COLOR = { fill: "#0b0d10", text: "#ffffff" };

function cornersOf([x, y, width, height]: BoundingBox): Point[] {
  return [[x, y], [x + width, y], [x + width, y + height], [x, y + height]];
}

function placer({ image }: PipelineResult, size: Size): (point: Point) => Point {
  const { left, top, width, height } = placeWithin(image, size);
  return ([x, y]) => [
    left + Math.round(x * width / image.width),
    top + Math.round(y * height / image.height),
  ];
}

/** What is drawn of an object, from the back to the front. */
function shapesOf(
  { bbox, class_id, mask, polygon, keypoints = [] }: Detection,
  result: PipelineResult,
  size: Size,
): string[] {
  const { fill } = labelColor(class_id);
  const place = placer(result, size);
  const shapes = [drawPolygon((polygon ?? cornersOf(bbox)).map(place), fill)];
  if (mask !== undefined && mask.length > 0) {
    shapes.unshift(drawPolygon(mask.map(place), fill, MASK_TRANSPARENCY));
  }
  const { bones, joints } = toPose(keypoints, result.models.keypoint_names);
  if (bones.length > 0) {
    shapes.push(drawOutlines(bones.map((bone) => bone.map(place)), fill));
  }
  if (joints.length > 0) shapes.push(drawJoints(joints.map(place), fill, size));
  return shapes;
}

function captionOf({ label, confidence, classes: [best] = [] }: Detection): string {
  const caption = `${label} ${formatPercent(confidence)}`;
  return best === undefined
    ? caption
    : `${caption} · ${best.label} ${formatPercent(best.confidence)}`;
}

function formatPercent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function topmost(corners: Point[]): Point {
  return corners.reduce((top, corner) => corner[1] < top[1] ? corner : top);
}

function upperLeft(corners: Point[]): Point {
  return [Math.min(...corners.map(([x]) => x)), Math.min(...corners.map(([, y]) => y))];
}

/** A label stands on top of its box, or in it where there is no room above. */
function labelPlace([x, top]: Point, { height }: Size): { at: Point; alignment: number } {
  const left = Math.max(2, x);
  return top > height / 16
    ? { at: [left, top], alignment: 1 }
    : { at: [left, Math.max(2, top)], alignment: 7 };
}

/** An outline; nothing is in it unless its transparency, from 00 to FF, says otherwise. */
function drawPolygon(corners: Point[], color: string, transparency = "FF"): string {
  return drawOutlines([corners], color, transparency);
}

function drawOutlines(outlines: Point[][], color: string, transparency = "FF"): string {
  const paths = outlines.map(([first = [0, 0], ...others]) =>
    `m ${first.join(" ")} l ${[...others, first].flat().join(" ")}`
  );
  const colors = `\\1c${formatColor(color)}\\1a&H${transparency}&\\3c${formatColor(color)}`;
  return `{\\an7\\pos(0,0)${colors}\\p1}${paths.join(" ")}`;
}

/** Keypoints as discs, white with a rim. */
function drawJoints(joints: Point[], color: string, { width, height }: Size): string {
  const radius = Math.max(2, Math.round(Math.min(width, height) / 240));
  const colors = `\\1c&HFFFFFF&\\3c${formatColor(color)}\\bord1`;
  const paths = joints.map((joint) => disc(joint, radius * DRAWING_SCALE)).join(" ");
  // The number of \p halves the unit of what is drawn once for each step above 1.
  return `{\\an7\\pos(0,0)${colors}\\p4}${paths}`;
}

/** Units of a drawing in a pixel, so that small discs are round. */
const DRAWING_SCALE = 8;

/** A disc of four curves; `radius` in units of the drawing. */
function disc([x, y]: Point, radius: number): string {
  const at = (across: number, down: number) =>
    `${x * DRAWING_SCALE + Math.round(across * radius)} ${
      y * DRAWING_SCALE + Math.round(down * radius)
    }`;
  return `m ${at(1, 0)}` + [[1, 0], [0, 1], [-1, 0], [0, -1]].map(([across = 0, down = 0]) => {
    const [nextAcross, nextDown] = [-down, across];
    const first = at(across + CURVE * nextAcross, down + CURVE * nextDown);
    const second = at(nextAcross + CURVE * across, nextDown + CURVE * down);
    return ` b ${first} ${second} ${at(nextAcross, nextDown)}`;
  }).join("");
}

/** Length of the handles of a Bézier curve that is a quarter of a circle, as a share of its radius. */
const CURVE = 4 / 3 * (Math.SQRT2 - 1);

/** What the whole image shows, in its upper left corner. */
function drawClasses(classes: readonly Classification[], place: (point: Point) => Point): string {
  const lines = classes.slice(0, MAX_SHOWN_CLASSES)
    .map(({ label, confidence }) => escapeText(`${label} ${formatPercent(confidence)}`));
  const [left, top] = place([0, 0]);
  const { fill, text } = TEXT_COLOR;
  const colors = `\\1c${formatColor(text)}\\3c${formatColor(fill)}`;
  return `{\\an7\\pos(${left + 8},${top + 8})${colors}}${lines.join("\\N")}`;
}

function drawText(
  text: string,
  { at: [x, y], alignment }: ReturnType<typeof labelPlace>,
  color: { fill: string; text: string },
): string {
  const colors = `\\1c${formatColor(color.text)}\\3c${formatColor(color.fill)}`;
  return `{\\an${alignment}\\pos(${x},${y})${colors}}${escapeText(text)}`;
}

/** `#rrggbb` as ASS has it: blue first. */
function formatColor(color: string): string {
  const [red, green, blue] = [1, 3, 5].map((start) => color.slice(start, start + 2));
  return `&H${blue}${green}${red}&`.toUpperCase();
}

/** Text as it is: nothing in it is a command, whatever somebody has held in front of the camera. */
export function escapeText(text: string): string {
  // Between a backslash and what follows it, a character without width keeps the two from being a command.
  return text.replace(/(?![\u200c\u200d])\p{C}/gu, " ").replaceAll("\\", "\\\u2060").replaceAll(
    "{",
    "\\{",
  );
}

/** The time of a frame, `h:mm:ss.cc`. */
function formatTime(frameIndex: number): string {
  const seconds = Math.floor(frameIndex / FRAMES_PER_SECOND);
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) => pad(part));
  return `${Math.floor(seconds / 3600)}:${parts.join(":")}.${pad(frameIndex % FRAMES_PER_SECOND)}`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
