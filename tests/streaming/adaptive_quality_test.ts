import { expect } from "expect";
import fc from "fast-check";
import { AdaptiveQuality, qualityLadder } from "../../lib/streaming/adaptive_quality.ts";
import type { BackpressureState } from "../../lib/protocol/session.ts";

Deno.test("qualityLadder begins with the configured input and goes on with the smaller steps", () => {
  const sizes = (width: number, height: number) =>
    qualityLadder({ width, height }).map((step) => `${step.level}:${step.width}x${step.height}`);
  expect(sizes(640, 480)).toEqual(["0:640x480", "1:512x384", "2:416x320", "3:320x256"]);
  expect(sizes(512, 384)).toEqual(["0:512x384", "1:416x320", "2:320x256"]);
  expect(sizes(640, 640)).toEqual(["0:640x640", "1:512x384", "2:416x320", "3:320x256"]);
  expect(sizes(320, 256)).toEqual(["0:320x256"]);
  expect(sizes(64, 64)).toEqual(["0:64x64"]);
});

Deno.test("AdaptiveQuality goes down after 2 s of overload and up after 10 s of normal", () => {
  const quality = new AdaptiveQuality(qualityLadder({ width: 512, height: 384 }), 0);
  const levelAt = (state: BackpressureState, now: number) => {
    quality.update(state, now);
    return quality.current.level;
  };
  expect(levelAt("warning", 100)).toBe(0);
  expect(levelAt("critical", 2099)).toBe(0);
  expect(levelAt("critical", 2100)).toBe(1);
  expect(levelAt("critical", 4099)).toBe(1);
  expect(levelAt("warning", 4100)).toBe(2);
  expect(levelAt("warning", 60_000)).toBe(2);
  expect(levelAt("normal", 60_100)).toBe(2);
  expect(levelAt("normal", 70_099)).toBe(2);
  expect(levelAt("normal", 70_100)).toBe(1);
  expect(levelAt("normal", 80_100)).toBe(0);
  expect(levelAt("normal", 99_000)).toBe(0);
});

Deno.test("AdaptiveQuality begins anew when the state changes in between", () => {
  const quality = new AdaptiveQuality(qualityLadder({ width: 512, height: 384 }), 0);
  quality.update("warning", 0);
  quality.update("warning", 1900);
  quality.update("normal", 1950);
  quality.update("warning", 2000);
  quality.update("warning", 3900);
  expect(quality.current.level).toBe(0);
});

Deno.test("AdaptiveQuality moves one step at a time and stays on the ladder", () => {
  const states = fc.constantFrom<BackpressureState>("normal", "warning", "critical");
  fc.assert(
    fc.property(fc.array(fc.tuple(states, fc.integer({ min: 0, max: 15_000 }))), (updates) => {
      const ladder = qualityLadder({ width: 640, height: 480 });
      const quality = new AdaptiveQuality(ladder, 0);
      let now = 0;
      for (const [state, gap] of updates) {
        now += gap;
        const before = quality.current.level;
        quality.update(state, now);
        expect(ladder).toContain(quality.current);
        expect(Math.abs(quality.current.level - before)).toBeLessThanOrEqual(1);
      }
    }),
  );
});
