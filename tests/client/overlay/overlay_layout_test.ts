import { expect } from "expect";
import fc from "fast-check";
import {
  className,
  formatPercent,
  labelAnchor,
  overlaps,
  placeLabel,
  type Rectangle,
} from "../../../lib/image/captions.ts";
import {
  fittedRectangle,
  intersection,
  isSmall,
  layOutOverlay,
  objectAt,
  type OverlayChoice,
  placeBox,
  placePoint,
} from "../../../lib/client/overlay/overlay_layout.ts";
import type { Detection } from "../../../lib/protocol/detection.ts";
import { exampleResult } from "../example_result.ts";

const ALL = { minimumConfidence: 0, hiddenLabels: [], showBoxes: true, showText: true };
const MESSAGE = { frame_index: 7, result: exampleResult() };

Deno.test("fittedRectangle leaves bars at the sides of a narrow image", () => {
  expect(fittedRectangle({ width: 1000, height: 480 }, { width: 640, height: 480 })).toEqual({
    x: 180,
    y: 0,
    width: 640,
    height: 480,
  });
});

Deno.test("fittedRectangle leaves bars above and below a wide image", () => {
  expect(fittedRectangle({ width: 320, height: 600 }, { width: 640, height: 480 })).toEqual({
    x: 0,
    y: 180,
    width: 320,
    height: 240,
  });
});

Deno.test("fittedRectangle is empty without an image", () => {
  expect(fittedRectangle({ width: 320, height: 600 }, { width: 0, height: 0 }).width).toBe(0);
});

Deno.test("fittedRectangle touches two opposite edges and keeps the aspect", () => {
  const side = fc.integer({ min: 1, max: 4000 });
  fc.assert(fc.property(side, side, side, side, (width, height, w, h) => {
    const shown = fittedRectangle({ width, height }, { width: w, height: h });
    expect(shown.width / shown.height).toBeCloseTo(w / h, 6);
    expect(shown.x * 2 + shown.width).toBeCloseTo(width, 6);
    expect(shown.y * 2 + shown.height).toBeCloseTo(height, 6);
    expect(Math.min(shown.x, shown.y)).toBeCloseTo(0, 6);
  }));
});

Deno.test("placeBox maps pixels of the frame to the shown image", () => {
  const shown = { x: 100, y: 50, width: 320, height: 240 };
  expect(placeBox([64, 48, 320, 240], { width: 640, height: 480 }, shown)).toEqual({
    x: 132,
    y: 74,
    width: 160,
    height: 120,
  });
});

Deno.test("placePoint keeps every point of the frame on the shown image", () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(fc.property(share, share, (across, down) => {
    const shown = { x: 10, y: 20, width: 333, height: 77 };
    const [x, y] = placePoint([across * 640, down * 480], { width: 640, height: 480 }, shown);
    expect(x).toBeCloseTo(10 + across * 333, 6);
    expect(y).toBeCloseTo(20 + down * 77, 6);
  }));
});

const IMAGE = { x: 0, y: 0, width: 400, height: 300 };
const LABEL = { width: 80, height: 20 };

Deno.test("placeLabel stands above the box where there is room", () => {
  const place = placeLabel({ x: 50, y: 100, width: 90, height: 90 }, LABEL, IMAGE, []);
  expect(place).toEqual({ x: 50, y: 80, ...LABEL });
});

Deno.test("placeLabel goes inside a box that touches the top", () => {
  const place = placeLabel({ x: 50, y: 0, width: 90, height: 90 }, LABEL, IMAGE, []);
  expect(place).toEqual({ x: 50, y: 0, ...LABEL });
});

Deno.test("placeLabel keeps clear of the right edge", () => {
  const place = placeLabel({ x: 390, y: 100, width: 10, height: 90 }, LABEL, IMAGE, []);
  expect(place.x).toBe(320);
});

Deno.test("placeLabel does not cover a label that is there already", () => {
  const box = { x: 50, y: 100, width: 90, height: 90 };
  const first = placeLabel(box, LABEL, IMAGE, []);
  const second = placeLabel(box, LABEL, IMAGE, [first]);
  expect(overlaps(first, second)).toBe(false);
  expect(second.y).toBe(100);
});

Deno.test("placeLabel stays within the image, wherever the box is", () => {
  const coordinate = fc.integer({ min: 0, max: 400 });
  fc.assert(fc.property(coordinate, coordinate, coordinate, coordinate, (x, y, width, height) => {
    const place = placeLabel({ x, y: Math.min(y, 300), width, height }, LABEL, IMAGE, []);
    expect(place.x).toBeGreaterThanOrEqual(0);
    expect(place.x + place.width).toBeLessThanOrEqual(400);
    expect(place.y).toBeGreaterThanOrEqual(0);
    expect(place.y + place.height).toBeLessThanOrEqual(300);
  }));
});

Deno.test("layOutOverlay places objects with their labels and texts with their polygons", () => {
  const shown = { x: 0, y: 0, width: 320, height: 240 };
  const layout = layOutOverlay(MESSAGE, shown, ALL);
  expect(layout.frameIndex).toBe(7);
  expect(layout.detections.map(({ label }) => label)).toEqual([
    "dog 93\u00a0%",
    "bicycle 90\u00a0%",
    "truck 46\u00a0%",
  ]);
  expect(layout.detections[0]?.box).toEqual({ x: 54.5, y: 91, width: 74, height: 134 });
  expect(layout.texts[0]?.polygon[0]).toEqual([59.5, 178]);
});

Deno.test("layOutOverlay leaves out what the person does not want to see", () => {
  const choose = (choice: Partial<typeof ALL>) =>
    layOutOverlay(MESSAGE, IMAGE, { ...ALL, ...choice });
  expect(choose({ minimumConfidence: 0.5 }).detections).toHaveLength(2);
  expect(choose({ minimumConfidence: 0.5 }).texts).toHaveLength(1);
  expect(choose({ showBoxes: false }).detections).toHaveLength(0);
  expect(choose({ showText: false }).texts).toHaveLength(0);
});

Deno.test("formatPercent rounds to whole percents", () => {
  expect(formatPercent(0.934)).toBe("93\u00a0%");
  expect(formatPercent(1)).toBe("100\u00a0%");
});

Deno.test("fittedRectangle covers the element whole when the image fills it", () => {
  const side = fc.integer({ min: 1, max: 4000 });
  fc.assert(fc.property(side, side, side, side, (width, height, w, h) => {
    const shown = fittedRectangle({ width, height }, { width: w, height: h }, "cover");
    expect(shown.width / shown.height).toBeCloseTo(w / h, 6);
    expect(shown.x * 2 + shown.width).toBeCloseTo(width, 6);
    expect(Math.max(shown.x, shown.y)).toBeCloseTo(0, 6);
    const visible = intersection(shown, { x: 0, y: 0, width, height });
    expect(visible.width).toBeCloseTo(width, 6);
    expect(visible.height).toBeCloseTo(height, 6);
  }));
});

Deno.test("intersection is empty where rectangles share nothing", () => {
  const a = { x: 0, y: 0, width: 10, height: 10 };
  expect(intersection(a, { x: 5, y: -5, width: 10, height: 10 }))
    .toEqual({ x: 5, y: 0, width: 5, height: 5 });
  expect(intersection(a, { x: 20, y: 0, width: 10, height: 10 }).width).toBe(0);
});

Deno.test("layOutOverlay leaves out the classes that are hidden", () => {
  const shown = { x: 0, y: 0, width: 640, height: 480 };
  const layout = layOutOverlay(MESSAGE, shown, { ...ALL, hiddenLabels: ["dog", "cat"] });
  expect(layout.detections.map(({ detection }) => detection.label)).toEqual(["bicycle", "truck"]);
});

Deno.test("layOutOverlay leaves the number of a track to the diagnostics, and tells lines that are settling", () => {
  const result = exampleResult();
  const [dog, bicycle] = result.detections;
  const [line] = result.text_blocks;
  if (dog === undefined || bicycle === undefined || line === undefined) throw new Error("No dog");
  const shown = { x: 0, y: 0, width: 640, height: 480 };
  const layout = layOutOverlay(
    {
      frame_index: 7,
      result: {
        ...result,
        detections: [{ ...dog, track_id: 3 }, bicycle],
        text_blocks: [{ ...line, stable: false }, { ...line, stable: true }, line],
      },
    },
    shown,
    ALL,
  );
  expect(layout.detections.map(({ label }) => label)).toEqual([
    "dog 93\u00a0%",
    "bicycle 90\u00a0%",
  ]);
  expect(layout.texts.map(({ isSettling }) => isSettling)).toEqual([true, false, false]);
});

Deno.test("layOutOverlay places outlines, keypoints and turned boxes, and names what an object is classified as", () => {
  const [dog] = exampleResult().detections;
  if (dog === undefined) throw new Error("No dog");
  const detection: Detection = {
    ...dog,
    track_id: 3,
    mask: [[0, 0], [64, 48], [0, 48]],
    keypoints: [[64, 48, 0.9], [0, 0, 0.3]],
    polygon: [[0, 48], [64, 0], [128, 48], [64, 96]],
    classes: [{ label: "beagle", class_id: 161, confidence: 0.81 }],
  };
  const shown = { x: 10, y: 20, width: 320, height: 240 };
  const message = { frame_index: 7, result: { ...exampleResult(), detections: [detection] } };
  expect(layOutOverlay(message, shown, ALL).detections[0]).toMatchObject({
    label: "dog 93\u00a0% · beagle 81\u00a0%",
    mask: [[10, 20], [42, 44], [10, 44]],
    pose: { joints: [[42, 44]], bones: [] },
    polygon: [[10, 44], [42, 20], [74, 44], [42, 68]],
  });
});

Deno.test("layOutOverlay gives the three likeliest classes of the image that the person wants to see", () => {
  const classes = ["park", "street", "yard", "beach", "forest"].map((label, class_id) => ({
    ...{ label, class_id, confidence: 0.5 - class_id / 10 },
  }));
  const message = { frame_index: 7, result: { ...exampleResult(), classes } };
  const labels = (choice: Partial<OverlayChoice>) =>
    layOutOverlay(message, IMAGE, { ...ALL, ...choice }).classes.map(({ label }) => label);
  expect(labels({})).toEqual(["park 50\u00a0%", "street 40\u00a0%", "yard 30\u00a0%"]);
  expect(labels({ hiddenLabels: ["park"], minimumConfidence: 0.25 }))
    .toEqual(["street 40\u00a0%", "yard 30\u00a0%"]);
  expect(labels({ showBoxes: false })).toEqual([]);
  expect(layOutOverlay(MESSAGE, IMAGE, ALL).classes).toEqual([]);
});

Deno.test("labelAnchor is the topmost corner of a turned box, and down to its lowest", () => {
  const box = { x: 0, y: 0, width: 128, height: 96 };
  expect(labelAnchor(box)).toEqual(box);
  expect(labelAnchor(box, [[0, 48], [64, 0], [128, 48], [64, 96]]))
    .toEqual({ x: 64, y: 0, width: 0, height: 96 });
});

Deno.test("an object is small whose label would be wider, or half as high", () => {
  const label = { width: 80, height: 20 };
  expect(isSmall({ width: 79, height: 200 }, label)).toBe(true);
  expect(isSmall({ width: 200, height: 39 }, label)).toBe(true);
  expect(isSmall({ width: 80, height: 40 }, label)).toBe(false);
});

Deno.test("objectAt gives the smallest object at a point", () => {
  const shown = { x: 0, y: 0, width: 640, height: 480 };
  const { detections } = layOutOverlay(MESSAGE, shown, ALL);
  fc.assert(fc.property(fc.integer({ max: 700 }), fc.integer({ max: 500 }), (x, y) => {
    const pointedAt = objectAt([x, y], detections);
    const under = detections.filter(({ box }) =>
      overlaps(box, { x, y, width: 1e-9, height: 1e-9 })
    );
    const areas = under.map(({ box }) => box.width * box.height);
    const area = pointedAt && pointedAt.box.width * pointedAt.box.height;
    if (areas.length > 0) expect(area).toBe(Math.min(...areas));
    else expect(pointedAt === undefined || touches(pointedAt.box, x, y)).toBe(true);
  }));
  expect(layOutOverlay(MESSAGE, shown, ALL).pointedAt).toBeUndefined();
});

function touches({ x, y, width, height }: Rectangle, left: number, top: number): boolean {
  return left >= x && left <= x + width && top >= y && top <= y + height;
}

Deno.test("className writes what is short for something in capitals", () => {
  expect(["tv", "dog", "tvs"].map(className)).toEqual(["TV", "dog", "tvs"]);
});
