/**
 * Writes results as subtitles in the ASS format, which FFmpeg draws into a video: boxes are shapes, labels are text.
 *
 * Source of the format: "Sub Station Alpha v4.00+ Script Format", and libass's wiki for what it draws.
 *
 * @module
 */

import { labelColor } from "../../image/label_colors.ts";
import type { BoundingBox, Point } from "../../protocol/geometry.ts";
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
  const objects = result.detections.map(({ bbox, class_id, label, confidence }) => {
    const color = labelColor(class_id);
    const corners = cornersOf(bbox).map(place);
    const text = `${label} ${Math.round(confidence * 100)} %`;
    return event(0, "Shape", drawPolygon(corners, color.fill)) +
      event(2, "Label", drawText(text, labelPlace(corners, size), color));
  });
  const texts = result.text_blocks.map(({ polygon, text }) => {
    const corners = polygon.map(place);
    return event(1, "Shape", drawPolygon(corners, "#ffffff")) +
      event(3, "Label", drawText(text, labelPlace(corners, size), TEXT_COLOR));
  });
  return [...objects, ...texts].join("");
}

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

/** A label stands on top of its box, or in it where there is no room above. */
function labelPlace(corners: Point[], { height }: Size): { at: Point; alignment: number } {
  const left = Math.max(2, Math.min(...corners.map(([x]) => x)));
  const top = Math.min(...corners.map(([, y]) => y));
  return top > height / 16
    ? { at: [left, top], alignment: 1 }
    : { at: [left, Math.max(2, top)], alignment: 7 };
}

/** An outline without anything in it. */
function drawPolygon([first = [0, 0], ...others]: Point[], color: string): string {
  const path = `m ${first.join(" ")} l ${[...others, first].flat().join(" ")}`;
  return `{\\an7\\pos(0,0)\\1a&HFF&\\3c${formatColor(color)}\\p1}${path}`;
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
