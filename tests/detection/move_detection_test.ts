import { expect } from "expect";
import fc from "fast-check";
import { moveDetection } from "../../lib/detection/move_detection.ts";
import type { Detection } from "../../lib/protocol/detection.ts";

Deno.test("what is found in a part of an image moves as a whole, and back", () => {
  const place = fc.integer({ min: 0, max: 5000 });
  fc.assert(fc.property(place, place, (left, top) => {
    const detection: Detection = {
      label: "dog",
      class_id: 16,
      confidence: 0.9,
      bbox: [1.5, 2.5, 30, 40],
      mask: [[1.5, 2.5], [20, 3], [10, 30.2]],
      keypoints: [[4, 5, 0.25], [6, 7.1, 1]],
      polygon: [[1, 2], [3, 4], [5, 6.6], [7, 8]],
      classes: [{ label: "pug", class_id: 1, confidence: 0.5 }],
    };
    const moved = moveDetection(detection, { left, top });
    expect(moved.bbox.slice(2)).toEqual([30, 40]);
    expect(moved.keypoints?.[0]).toEqual([4 + left, 5 + top, 0.25]);
    expect(moved.mask?.[1]).toEqual([20 + left, 3 + top]);
    expect(moved.polygon?.[3]).toEqual([7 + left, 8 + top]);
    expect(moveDetection(moved, { left: -left, top: -top })).toEqual(detection);
  }));
});
