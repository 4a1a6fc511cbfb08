/**
 * What a comparison of detectors has come to, as it is kept in `bench/comparison.json`.
 *
 * @module
 */

import * as v from "valibot";
import { quantile } from "../quantile.ts";
import type { Measurement } from "./peer_answers.ts";

const PaceFiguresSchema = v.object({
  /** From the bytes of a frame to its detections, in milliseconds: the median. */
  median_ms: v.number(),
  /** The 95th percentile. */
  p95_ms: v.number(),
  /** What the cores work for a frame, in milliseconds. */
  core_ms: v.number(),
});

/** How long frames took at one pace. */
export type PaceFigures = v.InferOutput<typeof PaceFiguresSchema>;

const FiguresSchema = v.object({
  /** What it is called. */
  name: v.string(),
  /** Its version, where it is another program. */
  version: v.exactOptional(v.string()),
  /** Whether it is livesyte. */
  is_own: v.boolean(),
  /** Mean average precision over the overlaps from 0.5 to 0.95, 0 to 1; `null` without labelled images. */
  map50_95: v.nullable(v.number()),
  /** With each frame beginning as soon as the last one ends. */
  back_to_back: PaceFiguresSchema,
  /** At a camera's pace. */
  camera: PaceFiguresSchema,
});

/** What one of those that are compared has come to. */
export type Figures = v.InferOutput<typeof FiguresSchema>;

/** Schema of {@linkcode Comparison}. */
export const ComparisonSchema = v.object({
  /** Cores of the machine. */
  cores: v.number(),
  /** Number of labelled images; 0 for none. */
  images: v.number(),
  /** Milliseconds between frames at a camera's pace. */
  camera_interval_ms: v.number(),
  /** Those that were compared, livesyte first. */
  figures: v.array(FiguresSchema),
});

/** What a comparison has come to. */
export type Comparison = v.InferOutput<typeof ComparisonSchema>;

/** Figures of the turns that were measured at one pace. */
export function toPaceFigures(turns: readonly Measurement[]): PaceFigures {
  const ms = turns.flatMap((turn) => turn.ms);
  const round = (value: number) => Math.round(value * 100) / 100;
  return {
    median_ms: round(quantile(ms, 0.5)),
    p95_ms: round(quantile(ms, 0.95)),
    core_ms: round(quantile(turns.map((turn) => turn.cpu_ms / turn.ms.length), 0.5)),
  };
}

type Column = [title: string, cell: (figures: Figures) => string];

const COLUMNS: Column[] = [
  ["mAP50-95", ({ map50_95 }) => map50_95?.toFixed(3) ?? "-"],
  ["back to back, ms", ({ back_to_back }) => times(back_to_back)],
  ["core-ms", ({ back_to_back }) => back_to_back.core_ms.toFixed(1)],
  ["camera, ms", ({ camera }) => times(camera)],
  ["core-ms", ({ camera }) => camera.core_ms.toFixed(1)],
];

function times({ median_ms, p95_ms }: PaceFigures): string {
  return `${median_ms.toFixed(1)} / ${p95_ms.toFixed(1)}`;
}

function nameOf({ name, version }: Figures): string {
  return version === undefined ? name : `${name} (${version})`;
}

/** The figures as a table for a terminal. */
export function formatComparison({ figures, images, camera_interval_ms }: Comparison): string {
  const rows = [
    ["", ...COLUMNS.map(([title]) => title)],
    ...figures.map((each) => [nameOf(each), ...COLUMNS.map(([, cell]) => cell(each))]),
  ];
  const widths =
    rows[0]?.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0))) ?? [];
  const lines = rows.map(([name = "", ...cells]) =>
    [
      name.padEnd(widths[0] ?? 0),
      ...cells.map((cell, index) => cell.padStart(widths[index + 1] ?? 0)),
    ]
      .join("  ")
  );
  const title = `Milliseconds (median / 95th percentile), back to back and every ` +
    `${camera_interval_ms} ms, and what the cores work for a frame` +
    (images > 0 ? `; accuracy on ${images} images` : "");
  return [title, "", ...lines, "", ...formatRatios(figures)].join("\n") + "\n";
}

/** What livesyte takes with its default settings, as a share of what each other program takes. */
function formatRatios(figures: readonly Figures[]): string[] {
  const [own] = figures;
  if (own === undefined) return [];
  return figures.filter(({ is_own }) => !is_own).map((other) => {
    const ratio = (of: (figures: Figures) => number) => (of(own) / of(other)).toFixed(2);
    const gain = (own.map50_95 ?? NaN) - (other.map50_95 ?? NaN);
    return `${own.name} ÷ ${other.name}: ${ratio((each) => each.back_to_back.median_ms)} back to ` +
      `back, ${ratio((each) => each.camera.median_ms)} at a camera's pace, ` +
      `${ratio((each) => each.camera.core_ms)} of its core time there` +
      (Number.isNaN(gain) ? "" : `, ${gain < 0 ? "" : "+"}${gain.toFixed(3)} mAP`);
  });
}

/** The figures as a table in Markdown. */
export function describeComparison({ figures }: Comparison): string {
  const columns: Column[] = [["what", nameOf], ...COLUMNS];
  return [
    `| ${columns.map(([title]) => title).join(" | ")} |`,
    `| ${columns.map(() => "---").join(" | ")} |`,
    ...figures.map((each) => `| ${columns.map(([, cell]) => cell(each)).join(" | ")} |`),
  ].join("\n");
}
