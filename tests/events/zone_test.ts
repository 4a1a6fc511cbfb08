import { expect } from "expect";
import fc from "fast-check";
import { crossesItself } from "../../lib/events/geometry.ts";
import { Zone } from "../../lib/events/zone.ts";

const FRAME = { width: 640, height: 480 };

Deno.test("a zone may be as narrow as rules allow, at the edge of the picture too", () => {
  const zone = new Zone([[0, 0.2], [0.018, 0.2], [0.018, 0.9], [0, 0.9]], FRAME);
  expect(zone.holds([4, 200])).toBe(true);
  expect(zone.decide({ anchor: [4, 200], size: 100 }, false)).toBe(true);
  expect(zone.decide({ anchor: [40, 200], size: 100 }, true)).toBe(false);
});

Deno.test("corners near the edge of the picture are on it, and that edge is no border", () => {
  const zone = new Zone([[0.2, 0.5], [0.8, 0.5], [0.8, 0.985], [0.2, 0.985]], FRAME);
  expect(zone.holds([320, 480])).toBe(true);
  expect(zone.decide({ anchor: [320, 480], size: 400 }, false)).toBe(true);
  // One that appears is where it stands.
  expect(zone.decide({ anchor: [320, 245], size: 200 }, undefined)).toBe(true);
  expect(zone.decide({ anchor: [320, 235], size: 200 }, undefined)).toBe(false);
  // Across the upper border it takes a tenth of the size.
  expect(zone.decide({ anchor: [320, 255], size: 200 }, false)).toBe(false);
  expect(zone.decide({ anchor: [320, 265], size: 200 }, false)).toBe(true);
  expect(zone.decide({ anchor: [320, 225], size: 200 }, true)).toBe(true);
  expect(zone.decide({ anchor: [320, 215], size: 200 }, true)).toBe(false);
});

Deno.test("whatever its shape, who is in the middle of a triangle has entered it", () => {
  const share = fc.integer({ min: 0, max: 1000 }).map((value) => value / 1000);
  const anyTriangle = fc.tuple(
    fc.tuple(share, share),
    fc.tuple(share, share),
    fc.tuple(share, share),
  );
  let tried = 0;
  fc.assert(fc.property(anyTriangle, (corners) => {
    const [[ax, ay], [bx, by], [cx, cy]] = corners;
    const area = Math.abs((bx - ax) * (cy - ay) - (by - ay) * (cx - ax)) / 2;
    if (crossesItself(corners) || area < 0.02) return;
    const [x, y] = [(ax + bx + cx) / 3 * FRAME.width, (ay + by + cy) / 3 * FRAME.height];
    const zone = new Zone(corners, FRAME);
    expect(zone.decide({ anchor: [x, y], size: 10 }, false)).toBe(true);
    tried += 1;
  }));
  expect(tried).toBeGreaterThan(20);
});
