import { expect } from "expect";
import * as fc from "fast-check";
import { drawAccuracy } from "../../bench/comparison/accuracy_plot.ts";
import { createAxis } from "../../bench/comparison/axis.ts";
import type { Comparison, Figures } from "../../bench/comparison/comparison.ts";
import { distance, MARK, overlaps, placeLabels } from "../../bench/comparison/place_labels.ts";

Deno.test("an axis holds its values between round numbers", () => {
  const values = fc.double({ min: 0, max: 1000, noNaN: true });
  fc.assert(fc.property(values, values, (a, b) => {
    const [least, most] = [Math.min(a, b), Math.max(a, b)];
    fc.pre(most - least > 1e-6);
    const { ticks, share, decimals } = createAxis(least, most);
    for (const value of [least, most]) {
      expect(share(value)).toBeGreaterThanOrEqual(-1e-9);
      expect(share(value)).toBeLessThanOrEqual(1 + 1e-9);
    }
    expect(ticks.length).toBeGreaterThan(2);
    expect(ticks.length).toBeLessThan(10);
    ticks.forEach((tick, index) => expect(share(tick)).toBeCloseTo(index / (ticks.length - 1), 6));
    const texts = ticks.map((tick) => tick.toFixed(decimals));
    expect(new Set(texts).size).toBe(ticks.length);
  }));
});

Deno.test("an axis has the numbers that a person would choose", () => {
  const { ticks, decimals } = createAxis(0.34, 0.46);
  expect(ticks.map((tick) => tick.toFixed(decimals)))
    .toEqual(["0.34", "0.36", "0.38", "0.40", "0.42", "0.44", "0.46"]);
  expect(createAxis(0, 102).ticks).toEqual([0, 20, 40, 60, 80, 100, 120]);
});

const AREA = { left: 0, top: 0, width: 330, height: 220 };

Deno.test("labels cover no other label and no mark, and stay within the plot", () => {
  const point = fc.record({
    x: fc.integer({ min: 0, max: AREA.width }),
    y: fc.integer({ min: 0, max: AREA.height }),
    width: fc.integer({ min: 20, max: 130 }),
    height: fc.constant(15),
  });
  fc.assert(fc.property(fc.array(point, { minLength: 1, maxLength: 8 }), (points) => {
    const labels = placeLabels(points, AREA);
    labels.forEach((label, index) => {
      expect(label.left >= 0 && label.left + label.width <= AREA.width).toBe(true);
      expect(label.top >= 0 && label.top + label.height <= AREA.height).toBe(true);
      expect(labels.toSpliced(index, 1).some((other) => overlaps(other, label))).toBe(false);
      for (const { x, y } of points) {
        const mark = { left: x - MARK, top: y - MARK, width: 2 * MARK, height: 2 * MARK };
        expect(overlaps(mark, label)).toBe(false);
      }
    });
  }));
});

Deno.test("the label of a point by itself is to its right", () => {
  const [label] = placeLabels([{ x: 100, y: 100, width: 50, height: 15 }], AREA);
  expect(label).toEqual({ left: 109, top: 92.5, width: 50, height: 15 });
  expect(distance(label ?? AREA, 100, 100)).toBe(9);
});

function figures(name: string, isOwn: boolean, coreMs: number, map: number | null): Figures {
  const pace = { median_ms: 20, p95_ms: 30, core_ms: coreMs };
  return { name, is_own: isOwn, map50_95: map, back_to_back: pace, camera: pace };
}

Deno.test("the plot shows each that was evaluated where its figures are", () => {
  const comparison: Comparison = {
    cores: 2,
    images: 128,
    camera_interval_ms: 66,
    figures: [
      figures("livesyte", true, 20, 0.44),
      figures("Others & more", false, 100, 0.42),
      figures("not evaluated", false, 50, null),
    ],
  };
  const svg = drawAccuracy(comparison);
  const [, x, y] = /<circle class="own" cx="([\d.]+)" cy="([\d.]+)"/.exec(svg) ?? [];
  const [, otherX, otherY] = /<path class="other" d="M([\d.]+) ([\d.]+)/.exec(svg) ?? [];
  // A fifth of the way to the other, and higher.
  expect((Number(x) - 44) / (Number(otherX) - 44)).toBeCloseTo(0.2, 2);
  expect(Number(y)).toBeLessThan(Number(otherY));
  expect(svg).toContain(">Others &amp; more</text>");
  expect(svg).not.toContain("not evaluated");
  const none = { ...comparison, figures: [figures("livesyte", true, 20, null)] };
  expect(() => drawAccuracy(none)).toThrow("Cannot draw accuracy: none was measured");
});
