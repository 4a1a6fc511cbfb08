/**
 * Draws accuracy and time together.
 *
 * @module
 */

import { createAxis } from "./axis.ts";
import type { Comparison, Figures } from "./comparison.ts";
import { ADJACENT, type Box, distance, MARK, nearestPoint, placeLabels } from "./place_labels.ts";

/** As wide as a phone, so that the text is as large there as any other. */
const SIZE = { width: 390, height: 310 };
const AREA: Box = { left: 44, top: 34, width: 334, height: 226 };
const FONT_SIZE = 12;
/** Of a character of the font, more rather than less, in pixels. */
const CHARACTER_WIDTH = 6.6;
/** Share of the range of accuracy that is left free above and below. */
const MARGIN = 0.1;

const STYLE = `
  text { font: ${FONT_SIZE}px system-ui, sans-serif; fill: #1f2328; }
  .paper { fill: #ffffff; }
  .grid { stroke: #d1d9e0; }
  .leader { stroke: #818b98; }
  .own { fill: #0969da; stroke: #0969da; }
  .other { fill: #ffffff; stroke: #bc4c00; stroke-width: 2; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .paper { fill: #0d1117; }
    .grid { stroke: #3d444d; }
    .own { fill: #4493f8; stroke: #4493f8; }
    .other { fill: #0d1117; stroke: #db6d28; }
  }
`;

/** What is drawn of one of those that were compared, in the pixels of the plot. */
interface Point {
  name: string;
  isOwn: boolean;
  x: number;
  y: number;
}

/**
 * A plot as SVG: what the cores work for a frame at a camera's pace to the right, mean average precision upwards.
 *
 * @throws {RangeError} If no accuracy was measured
 */
export function drawAccuracy({ figures }: Comparison): string {
  const measured = figures.filter((each): each is Figures & { map50_95: number } =>
    each.map50_95 !== null
  );
  if (measured.length === 0) throw new RangeError("Cannot draw accuracy: none was measured");
  const accuracies = measured.map(({ map50_95 }) => map50_95);
  const [least, most] = [Math.min(...accuracies), Math.max(...accuracies)];
  const margin = MARGIN * (most - least) || 0.01;
  const across = createAxis(0, Math.max(...measured.map(({ camera }) => camera.core_ms)));
  const upward = createAxis(least - margin, most + margin);
  const toX = (value: number) => AREA.left + AREA.width * across.share(value);
  const toY = (value: number) => AREA.top + AREA.height * (1 - upward.share(value));
  const inOrder = measured.toSorted((a, b) => a.camera.core_ms - b.camera.core_ms);
  const points = inOrder.map(({ name, is_own, camera, map50_95 }): Point => ({
    name,
    isOwn: is_own,
    x: toX(camera.core_ms),
    y: toY(map50_95),
  }));
  const bottom = AREA.top + AREA.height;
  const right = AREA.left + AREA.width;
  const parts = [
    `<rect class="paper" width="${SIZE.width}" height="${SIZE.height}"/>`,
    text(8, 18, "mAP50-95"),
    text(right, 18, "upwards and to the left is better", "end"),
    ...upward.ticks.map((value) =>
      line("grid", AREA.left, toY(value), right, toY(value)) +
      text(AREA.left - 6, toY(value) + 4, value.toFixed(upward.decimals), "end")
    ),
    ...across.ticks.map((value) =>
      line("grid", toX(value), AREA.top, toX(value), bottom) +
      text(toX(value), bottom + 18, value.toFixed(across.decimals), "middle")
    ),
    text(right, SIZE.height - 8, "core-ms per frame, at a camera's pace", "end"),
    drawPoints(points),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" ` +
    `width="${SIZE.width * 1.6}" height="${SIZE.height * 1.6}" role="img" ` +
    `aria-label="Accuracy and time of livesyte and others">\n` +
    `<style>${STYLE}</style>\n${parts.join("\n")}\n</svg>\n`;
}

function drawPoints(points: readonly Point[]): string {
  const height = FONT_SIZE + 3;
  const sized = points.map(({ name, x, y }) => ({
    x,
    y,
    width: name.length * CHARACTER_WIDTH,
    height,
  }));
  const labels = placeLabels(sized, AREA);
  return points.flatMap((point, index) => drawPoint(point, labels[index])).join("\n");
}

function drawPoint({ name, isOwn, x, y }: Point, label: Box | undefined): string[] {
  if (label === undefined) return [];
  const { left, top, height } = label;
  const leader = distance(label, x, y) > ADJACENT
    ? [line("leader", x, y, ...nearestPoint(label, x, y))]
    : [];
  const mark = isOwn
    ? `<circle class="own" cx="${round(x)}" cy="${round(y)}" r="${MARK}"/>`
    : `<path class="other" d="M${round(x)} ${round(y - MARK)}l${MARK} ${MARK}l-${MARK} ${MARK}` +
      `l-${MARK} -${MARK}z"/>`;
  return [...leader, mark, text(left, top + height / 2 + 4, name)];
}

function line(name: string, x1: number, y1: number, x2: number, y2: number): string {
  const [left, top, right, bottom] = [x1, y1, x2, y2].map(round);
  return `<line class="${name}" x1="${left}" y1="${top}" x2="${right}" y2="${bottom}"/>`;
}

function text(x: number, y: number, content: string, anchor = "start"): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escaped}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
