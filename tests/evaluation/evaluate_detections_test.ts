import { expect } from "expect";
import fc from "fast-check";
import type { BoundingBox } from "../../lib/protocol/geometry.ts";
import { type Accuracy, evaluateDetections } from "../../lib/evaluation/evaluate_detections.ts";
import type {
  FoundObject,
  LabelledImage,
  LabelledObject,
} from "../../lib/evaluation/labelled_image.ts";

type Expected = Record<Exclude<keyof Accuracy, "objects">, number | null>;

interface Fixture {
  confidence: number;
  cases: {
    name: string;
    images: {
      objects: [classId: number, ...BoundingBox][];
      detections: [classId: number, confidence: number, ...BoundingBox][];
    }[];
    expected:
      & Record<"all" | "small" | "medium" | "large", Expected>
      & { classes: Expected[] };
  }[];
}

/** How far from what pycocotools 2.0.11 gives a value may be. */
const TOLERANCE = 0.002;

const FIXTURE = new URL("../fixtures/evaluation/pycocotools.json", import.meta.url);
const { confidence: CONFIDENCE, cases }: Fixture = JSON.parse(await Deno.readTextFile(FIXTURE));

function expectClose(what: string, actual: Accuracy | undefined, expected: Expected): void {
  for (const [key, value] of Object.entries(expected)) {
    const given = actual?.[key as keyof Accuracy] ?? null;
    const isClose = value === null || given === null
      ? value === given
      : Math.abs(value - given) <= TOLERANCE;
    expect([what, key, given, isClose]).toEqual([what, key, isClose ? given : value, true]);
  }
}

for (const { name, images, expected } of cases) {
  Deno.test(`accuracy is as pycocotools computes it: ${name}`, () => {
    const { all, sizes, classes } = evaluateDetections(
      images.map(({ objects, detections }) => ({
        objects: objects.map(([classId, ...bbox]) => ({ classId, bbox })),
        detections: detections.map(([classId, confidence, ...bbox]) => ({
          classId,
          confidence,
          bbox,
        })),
      })),
      CONFIDENCE,
    );
    for (const [part, accuracy] of Object.entries({ all, ...sizes })) {
      expectClose(part, accuracy, expected[part as "all"]);
    }
    for (const [classId, accuracy] of expected.classes.entries()) {
      expectClose(`class ${classId}`, classes.get(classId), accuracy);
    }
  });
}

const side = fc.integer({ min: 1, max: 200 });
const bbox = fc.tuple(side, side, side, side);
const object: fc.Arbitrary<LabelledObject> = fc.record({
  classId: fc.integer({ min: 0, max: 2 }),
  bbox,
});
const image: fc.Arbitrary<LabelledImage> = fc.record({
  objects: fc.array(object, { maxLength: 8 }),
  detections: fc.array(object, { maxLength: 12 }),
}).map(({ objects, detections }) => ({
  objects,
  detections: detections.map((each, index) => ({ ...each, confidence: 0.9 - 0.02 * index })),
}));
/** Images with something to be found, in which no two detections are equally confident: among equals the order matters. */
const images = fc.array(image, { minLength: 1, maxLength: 6 }).map((all) =>
  all.map(({ objects, detections }, place) => ({
    objects,
    detections: detections.map((each) => ({
      ...each,
      confidence: each.confidence + 0.001 * place,
    })),
  }))
).filter((all) => all.some(({ objects }) => objects.length > 0));

const certain = (objects: readonly LabelledObject[]): FoundObject[] =>
  objects.map((each) => ({ ...each, confidence: 1 }));

Deno.test("detections that are the objects themselves have an accuracy of 1", () => {
  fc.assert(fc.property(images, (given) => {
    const perfect = given.map(({ objects }) => ({ objects, detections: certain(objects) }));
    const { all, sizes, classes } = evaluateDetections(perfect, 0.25);
    const shares = [all, ...Object.values(sizes), ...classes.values()]
      .filter((each) => each !== undefined);
    for (const { objects: _, ...rest } of shares) {
      for (const value of Object.values(rest)) expect(value).toBeCloseTo(1, 12);
    }
  }));
});

Deno.test("no detections have an accuracy of 0", () => {
  fc.assert(fc.property(images, (given) => {
    const nothing = given.map(({ objects }) => ({ objects, detections: [] }));
    const objects = given.flatMap((each) => each.objects).length;
    expect(evaluateDetections(nothing, 0.25).all)
      .toEqual({ objects, map50_95: 0, map50: 0, precision: 0, recall: 0, ar100: 0 });
  }));
});

Deno.test("the order of images and of detections does not matter", () => {
  fc.assert(fc.property(images, (given) => {
    const turned = given.toReversed().map(({ objects, detections }) => ({
      objects,
      detections: detections.toReversed(),
    }));
    const [before, after] = [given, turned].map((each) => evaluateDetections(each, 0.25).all);
    for (const [key, value] of Object.entries(before ?? {})) {
      expect(after?.[key as keyof Accuracy]).toBeCloseTo(value, 12);
    }
  }));
});

Deno.test("a wrong detection below all others never raises an average precision", () => {
  fc.assert(fc.property(images, fc.integer({ min: 0, max: 2 }), (given, classId) => {
    const before = evaluateDetections(given, 0.25);
    const wrong: FoundObject = { classId, confidence: 0.01, bbox: [1000, 1000, 50, 50] };
    const more = given.map(({ objects, detections }, index) => ({
      objects,
      detections: index === 0 ? [...detections, wrong] : detections,
    }));
    const after = evaluateDetections(more, 0.25);
    for (const [id, { map50_95, map50 }] of after.classes) {
      expect(map50_95).toBeLessThanOrEqual(before.classes.get(id)?.map50_95 ?? NaN);
      expect(map50).toBeLessThanOrEqual(before.classes.get(id)?.map50 ?? NaN);
    }
  }));
});

Deno.test("a class that is not labelled anywhere changes nothing", () => {
  const objects: LabelledObject[] = [{ classId: 1, bbox: [0, 0, 50, 50] }];
  const detections = [...certain(objects), { classId: 7, confidence: 0.9, bbox: objects[0].bbox }];
  const { all, classes } = evaluateDetections([{ objects, detections }], 0.25);
  expect(all?.map50_95).toBeCloseTo(1, 12);
  expect([...classes.keys()]).toEqual([1]);
});

Deno.test("where nothing is labelled there is no accuracy", () => {
  const { all, classes } = evaluateDetections([{ objects: [], detections: [] }], 0.25);
  expect(all).toBeUndefined();
  expect(classes.size).toBe(0);
});

Deno.test("of one class a hundred detections an image count", () => {
  const wrong = Array.from({ length: 100 }, (): FoundObject => ({
    classId: 0,
    confidence: 0.9,
    bbox: [500, 500, 10, 10],
  }));
  const objects: LabelledObject[] = [{ classId: 0, bbox: [0, 0, 50, 50] }];
  const right = { ...certain(objects)[0] as FoundObject, confidence: 0.5 };
  const recallOf = (detections: FoundObject[]) =>
    evaluateDetections([{ objects, detections }], 0.25).all?.recall;
  expect(recallOf([...wrong, right])).toBe(0);
  expect(recallOf([...wrong.slice(1), right])).toBe(1);
});
