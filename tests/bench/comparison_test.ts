import { expect } from "expect";
import {
  type Comparison,
  describeComparison,
  formatComparison,
  toPaceFigures,
} from "../../bench/comparison/comparison.ts";

Deno.test("toPaceFigures takes the median of all frames, and of the core time of turns", () => {
  const turns = [
    { ms: [10, 12], cpu_ms: 40 },
    { ms: [11, 90], cpu_ms: 42 },
    { ms: [13, 14], cpu_ms: 400 },
  ];
  expect(toPaceFigures(turns)).toEqual({ median_ms: 13, p95_ms: 90, core_ms: 21 });
});

const COMPARISON: Comparison = {
  cores: 2,
  images: 128,
  camera_interval_ms: 66,
  figures: [
    {
      name: "livesyte",
      is_own: true,
      map50_95: 0.44,
      back_to_back: { median_ms: 10, p95_ms: 12, core_ms: 18 },
      camera: { median_ms: 15, p95_ms: 16, core_ms: 16 },
    },
    {
      name: "Other",
      version: "1.2",
      is_own: false,
      map50_95: 0.45,
      back_to_back: { median_ms: 40, p95_ms: 50, core_ms: 80 },
      camera: { median_ms: 30, p95_ms: 32, core_ms: 64 },
    },
  ],
};

Deno.test("a comparison is a table for terminals with the ratios, and one for documents", () => {
  expect(formatComparison(COMPARISON).split("\n").slice(2)).toEqual([
    "             mAP50-95  back to back, ms  core-ms   camera, ms  core-ms",
    "livesyte        0.440       10.0 / 12.0     18.0  15.0 / 16.0     16.0",
    "Other (1.2)     0.450       40.0 / 50.0     80.0  30.0 / 32.0     64.0",
    "",
    "livesyte ÷ Other: 0.25 back to back, 0.50 at a camera's pace, 0.25 of its core time there, -0.010 mAP",
    "",
  ]);
  expect(describeComparison(COMPARISON).split("\n").slice(2)).toEqual([
    "| livesyte | 0.440 | 10.0 / 12.0 | 18.0 | 15.0 / 16.0 | 16.0 |",
    "| Other (1.2) | 0.450 | 40.0 / 50.0 | 80.0 | 30.0 / 32.0 | 64.0 |",
  ]);
});

Deno.test("a comparison without labelled images says nothing of accuracy", () => {
  const figures = COMPARISON.figures.map((each) => ({ ...each, map50_95: null }));
  const text = formatComparison({ ...COMPARISON, images: 0, figures });
  expect(text).not.toContain("accuracy");
  expect(text).not.toContain("mAP,");
  expect(text).toMatch(/^livesyte +- +10\.0/m);
  expect(text).toMatch(/^livesyte ÷ Other: .* of its core time there$/m);
});
