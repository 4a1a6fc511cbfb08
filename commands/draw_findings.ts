/** Draws what was found onto the image that it was found in. */

import { Buffer } from "node:buffer";
import sharp from "sharp";
import { labelColor } from "../lib/image/label_colors.ts";
import { formatPercent, placeLabel, type Rectangle } from "../lib/client/overlay/overlay_layout.ts";
import type { Point } from "../lib/protocol/geometry.ts";
import type { PipelineResult } from "../lib/protocol/result.ts";
import type { PixelImage } from "../lib/image/pixel_image.ts";

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
 * Draws the boxes and polygons of a result, each with its caption, and encodes the image.
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
  const overlay = Buffer.from(renderOverlay(result));
  // Wherever images are decoded this loader is closed, and the overlay is the one drawing that has to pass.
  const loader = { operation: ["VipsForeignLoadSvgBuffer"] };
  sharp.unblock(loader);
  try {
    return await sharp(pixels, { raw: { width, height, channels: 3 } })
      .composite([{ input: overlay }])
      .toFormat(OUTPUT_FORMATS.get(extension) ?? "jpeg", { quality: 90 })
      .toBuffer();
  } finally {
    sharp.block(loader);
  }
}

/** The drawing alone, as an SVG document of the image's size. */
export function renderOverlay({ image, detections, text_blocks }: PipelineResult): string {
  const { width, height } = image;
  const shorter = Math.min(width, height);
  const stroke = Math.max(1, Math.round(shorter / 200));
  const fontSize = Math.max(10, Math.round(shorter / 35));
  const shapes = [
    ...detections.map(({ bbox: [x, y, w, h], class_id }) =>
      `<rect x="${x}" y="${y}" width="${w}" height="${h}" stroke="${labelColor(class_id).fill}"/>`
    ),
    ...text_blocks.map(({ polygon }) =>
      `<polygon points="${polygon.map(formatPoint).join(" ")}" stroke="${TEXT_COLOR}"/>`
    ),
  ];
  const captions: Caption[] = [
    ...detections.map(({ bbox, class_id, label, confidence }) => ({
      box: toRectangle(bbox),
      text: `${label} ${formatPercent(confidence)}`,
      color: labelColor(class_id),
    })),
    ...text_blocks.map(({ bbox, text }) => ({
      box: toRectangle(bbox),
      text,
      color: TEXT_LABEL_COLOR,
    })),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `<g fill="none" stroke-width="${stroke}">${shapes.join("")}</g>` +
    `<g font-family="monospace" font-size="${fontSize}">` +
    renderCaptions(captions, { x: 0, y: 0, width, height }, fontSize) + "</g></svg>";
}

function renderCaptions(
  captions: readonly Caption[],
  visible: Rectangle,
  fontSize: number,
): string {
  const taken: Rectangle[] = [];
  return captions.map(({ box, text, color }) => {
    const size = { width: textWidth(text, fontSize), height: Math.round(fontSize * 1.3) };
    const place = placeLabel(box, size, visible, taken);
    taken.push(place);
    const { x, y, width, height } = place;
    return `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${color.fill}"/>` +
      `<text x="${x + fontSize * 0.3}" y="${y + fontSize}" fill="${color.text}">` +
      `${escapeXml(text)}</text>`;
  }).join("");
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
