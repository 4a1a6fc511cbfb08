/**
 * Draws what was found onto the image that it was found in.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import sharp, { type Sharp } from "sharp";
import {
  detectionLabel,
  formatPercent,
  labelAnchor,
  placeLabel,
  type Rectangle,
} from "./captions.ts";
import { labelColor, MASK_OPACITY, MAX_SHOWN_CLASSES } from "./label_colors.ts";
import { toPose } from "./pose.ts";
import type { Detection } from "../protocol/detection.ts";
import type { Point } from "../protocol/geometry.ts";
import type { PipelineResult } from "../protocol/result.ts";
import type { PixelImage } from "./pixel_image.ts";

/** The image formats that can be written, as sharp names them, by their files' extensions. */
export const OUTPUT_FORMATS: ReadonlyMap<string, "jpeg" | "png" | "webp"> = new Map([
  [".jpg", "jpeg"],
  [".jpeg", "jpeg"],
  [".png", "png"],
  [".webp", "webp"],
]);

/** One colour for all text, since it has no classes. */
const TEXT_COLOR = "#00e5c0";
const TEXT_LABEL_COLOR = { fill: TEXT_COLOR, text: "#0b0d10" };
/** Characters that are written as wide as they are high: those of East Asian scripts. */
const WIDE_CHARACTER = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\uff60]/u;
/** Width of a monospaced character, as a share of the font's size. */
const CHARACTER_WIDTH = 0.602;

/** A caption that belongs to a box. */
interface Caption {
  box: Rectangle;
  text: string;
  color: { fill: string; text: string };
}

/**
 * Draws everything that was found where it is, with its caption, and encodes the image.
 *
 * @param image HWC uint8 RGB; left as it is.
 * @param extension One of {@linkcode OUTPUT_FORMATS}, such as `.jpg`.
 */
export async function drawFindings(
  image: PixelImage,
  result: PipelineResult,
  extension: string,
): Promise<Uint8Array> {
  const { pixels, width, height } = image;
  const raw = sharp(pixels, { raw: { width, height, channels: 3 } });
  return await compose(raw, result, OUTPUT_FORMATS.get(extension) ?? "jpeg", 90);
}

/**
 * Draws everything that was found into a JPEG, and encodes it as another. The work is done by threads of sharp's own.
 *
 * @param jpeg One that was looked at already, of the size that the result tells
 */
export async function drawOverlay(
  jpeg: Uint8Array<ArrayBuffer>,
  result: PipelineResult,
): Promise<Uint8Array<ArrayBuffer>> {
  const { width, height } = result.image;
  // The coordinates are those of the frame as received, whatever its EXIF orientation.
  const frame = sharp(jpeg, { limitInputPixels: width * height, ignoreIcc: true });
  return new Uint8Array(await compose(frame, result, "jpeg", 80));
}

async function compose(
  image: Sharp,
  result: PipelineResult,
  format: "jpeg" | "png" | "webp",
  quality: number,
): Promise<Buffer> {
  openSvgLoader();
  try {
    return await image.composite([{ input: Buffer.from(renderOverlay(result)) }])
      .toFormat(format, { quality }).toBuffer();
  } finally {
    closeSvgLoader();
  }
}

/** Wherever images are decoded this loader is closed, and the overlay is the one drawing that has to pass. */
const SVG_LOADER = { operation: ["VipsForeignLoadSvgBuffer"] };
let drawings = 0;

function openSvgLoader(): void {
  if (drawings === 0) sharp.unblock(SVG_LOADER);
  drawings += 1;
}

function closeSvgLoader(): void {
  drawings -= 1;
  if (drawings === 0) sharp.block(SVG_LOADER);
}

/** The drawing alone, as an SVG document of the image's size. */
export function renderOverlay(result: PipelineResult): string {
  const { width, height } = result.image;
  const shorter = Math.min(width, height);
  const stroke = Math.max(1, Math.round(shorter / 200));
  const fontSize = Math.max(10, Math.round(shorter / 35));
  const shapes = [
    ...result.detections.map((detection) => renderObject(detection, result, stroke)),
    ...result.text_blocks.map(({ polygon }) => renderPolygon(polygon, TEXT_COLOR)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `<g fill="none" stroke-width="${stroke}">${shapes.join("")}</g>` +
    `<g font-family="monospace" font-size="${fontSize}">` +
    renderCaptions(captionsOf(result, fontSize), { x: 0, y: 0, width, height }, fontSize) +
    "</g></svg>";
}

/** The mask, box, turned or level, and keypoints of an object. */
function renderObject(
  { bbox: [x, y, w, h], class_id, mask, polygon, keypoints = [] }: Detection,
  { models }: PipelineResult,
  stroke: number,
): string {
  const color = labelColor(class_id).fill;
  const { bones, joints } = toPose(keypoints, models.keypoint_names);
  return [
    mask === undefined ? "" : renderPolygon(mask, color, MASK_OPACITY),
    polygon === undefined
      ? `<rect x="${x}" y="${y}" width="${w}" height="${h}" stroke="${color}"/>`
      : renderPolygon(polygon, color),
    ...bones.map((bone) =>
      `<polyline points="${bone.map(formatPoint).join(" ")}" stroke="${color}"/>`
    ),
    ...joints.map(([x, y]) =>
      `<circle cx="${x}" cy="${y}" r="${1.5 * stroke}" stroke="${color}" fill="#ffffff"/>`
    ),
  ].join("");
}

function renderPolygon(points: readonly Point[], color: string, opacity?: number): string {
  const fill = opacity === undefined ? "" : ` fill="${color}" fill-opacity="${opacity}"`;
  return `<polygon points="${points.map(formatPoint).join(" ")}" stroke="${color}"${fill}/>`;
}

/** Those of the whole image come first, for they have one place only: its upper left corner. */
function captionsOf(
  { classes = [], detections, text_blocks }: PipelineResult,
  fontSize: number,
): Caption[] {
  return [
    ...classes.slice(0, MAX_SHOWN_CLASSES).map(({ class_id, label, confidence }, index) => ({
      box: { x: 0, y: index * captionHeight(fontSize), width: 0, height: 0 },
      text: `${label} ${formatPercent(confidence)}`,
      color: labelColor(class_id),
    })),
    ...detections.map((detection) => ({
      box: labelAnchor(toRectangle(detection.bbox), detection.polygon),
      text: detectionLabel(detection),
      color: labelColor(detection.class_id),
    })),
    ...text_blocks.map(({ bbox, text }) => ({
      box: toRectangle(bbox),
      text,
      color: TEXT_LABEL_COLOR,
    })),
  ];
}

function renderCaptions(
  captions: readonly Caption[],
  visible: Rectangle,
  fontSize: number,
): string {
  const taken: Rectangle[] = [];
  return captions.map(({ box, text, color }) => {
    const size = { width: textWidth(text, fontSize), height: captionHeight(fontSize) };
    const place = placeLabel(box, size, visible, taken);
    taken.push(place);
    const { x, y, width, height } = place;
    return `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${color.fill}"/>` +
      `<text x="${x + fontSize * 0.3}" y="${y + fontSize}" fill="${color.text}">` +
      `${escapeXml(text)}</text>`;
  }).join("");
}

function captionHeight(fontSize: number): number {
  return Math.round(fontSize * 1.3);
}

function textWidth(text: string, fontSize: number): number {
  const characters = [...text].map((each) => WIDE_CHARACTER.test(each) ? 1 : CHARACTER_WIDTH);
  return Math.ceil(fontSize * (0.6 + characters.reduce((sum, width) => sum + width, 0)));
}

function toRectangle([x, y, width, height]: readonly [number, number, number, number]): Rectangle {
  return { x, y, width, height };
}

function formatPoint([x, y]: Point): string {
  return `${x},${y}`;
}

/** Writes a text so that it is nothing but text in XML, which some characters cannot be in at all. */
export function escapeXml(text: string): string {
  return text
    // deno-lint-ignore no-control-regex
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
