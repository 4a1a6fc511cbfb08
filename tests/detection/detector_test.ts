import { expect } from "expect";
import type { Detection } from "../../lib/protocol/detection.ts";
import { Detector } from "../../lib/detection/detector.ts";
import { decodeLetterboxed } from "../../lib/image/image_decoder.ts";
import { intersectionOverUnion, toCorners } from "../../lib/image/boxes.ts";
import { loadDetector, prepareDetector } from "../../lib/models/specialized_model.ts";
import { ensureModel, readFixture, REFERENCE } from "../pipeline/models.ts";

/** Without `agnostic`, like the reference, which suppresses boxes class by class. */
async function detectAll(
  width: number,
  height: number,
  { agnostic = false } = {},
): Promise<Record<string, Detection[]>> {
  const choice = { size: { width, height }, confidence: 0.25, precision: "fp32" } as const;
  const graph = await loadDetector(await prepareDetector(await ensureModel(), choice));
  const detector = await Detector.create({ ...graph, confidence: 0.25, threads: 2, iou: 0.45 });
  const found: Record<string, Detection[]> = {};
  for (const name of Object.keys(REFERENCE)) {
    const limit = { maxPixels: 1e6 };
    const letterbox = await decodeLetterboxed(
      readFixture(name),
      detector.input,
      detector.pixels,
      limit,
    );
    found[name] = await detector.detect(letterbox, { agnostic });
  }
  await detector.release();
  return found;
}

/** Checks that each confident detection of the reference has been found, each by one of its own. */
function expectReference(found: Record<string, Detection[]>, leastOverlap: number): void {
  for (const [name, expected] of Object.entries(REFERENCE)) {
    for (const { label, bbox, confidence } of expected) {
      if (confidence < 0.5) continue;
      const overlaps = (found[name] ?? [])
        .filter((detection) => detection.label === label)
        .map((detection) => intersectionOverUnion(toCorners(detection.bbox), toCorners(bbox)));
      expect({ name, label, overlap: Math.max(0, ...overlaps) >= leastOverlap }).toEqual({
        name,
        label,
        overlap: true,
      });
    }
  }
}

Deno.test("a detector of 640×640 finds what the uncut network finds", async () => {
  expectReference(await detectAll(640, 640), 0.95);
});

Deno.test("a detector of the default 512×384 finds what the uncut network finds", async () => {
  expectReference(await detectAll(512, 384), 0.75);
});

Deno.test("a detector of 640×480 finds what the uncut network finds", async () => {
  expectReference(await detectAll(640, 480), 0.9);
});

Deno.test("detections are sorted by confidence and lie within the image", async () => {
  const { "horses.jpg": horses = [] } = await detectAll(512, 384);
  const confidences = horses.map((detection) => detection.confidence);
  expect(confidences.length).toBeGreaterThan(3);
  expect(confidences).toEqual(confidences.toSorted((a, b) => b - a));
  for (const { bbox: [x, y, width, height] } of horses) {
    expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
    expect(x + width).toBeLessThanOrEqual(773);
    expect(y + height).toBeLessThanOrEqual(512);
  }
});

Deno.test("a car that is also a truck gives one box, of the likelier class, unless both are asked for", async () => {
  const labelsOf = async (options: { agnostic?: boolean }) => {
    const { "dog.jpg": found = [] } = await detectAll(640, 640, options);
    return found.map(({ label }) => label);
  };
  expect(await labelsOf({ agnostic: false })).toEqual(["dog", "bicycle", "car", "truck"]);
  expect(await labelsOf({ agnostic: true })).toEqual(["dog", "bicycle", "car"]);
});
