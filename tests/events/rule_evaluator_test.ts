import { expect } from "expect";
import { RuleEvaluator } from "../../lib/events/rule_evaluator.ts";
import { scaleResult } from "../../lib/image/scale_result.ts";
import type { Rule } from "../../lib/protocol/rule.ts";
import { createRandom } from "../streaming/mutate_frame.ts";
import { CLIP_SIZE, KINDS, type Scene } from "../detection/tracking/scene.ts";
import {
  type ClipFaults,
  emptyResult,
  lineOf,
  makeClip,
  makeTextClip,
  noticedIn,
  rule,
  walker,
} from "./made_clip.ts";

/** Shaking boxes, single misses, five blind frames every three seconds, and a wrong class twice a second. */
const FAULTS: ClipFaults = { shake: 0.02, missed: 0.05, blindEvery: 30, misnamedEvery: 6 };

/** Whatever the noise, the events are the same. */
const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);

/** The right half of the picture. */
const RIGHT: Rule["zone"] = [[0.5, 0], [1, 0], [1, 1], [0.5, 1]];

/** From above to below in the middle: to the right of whoever walks down lies the left side of the picture. */
const DOWN: Rule["line"] = [[0.5, 0], [0.5, 1]];

function scene(actors: Scene["actors"], seconds: number): Scene {
  return { seconds, framesPerSecond: 10, actors };
}

/** Comes in from the left, goes to the right half at about 3 s, stays, and is back at the left at about 12 s. */
const VISITOR = walker(KINDS.person, 200, [
  [0.5, 60, 400],
  [5, 540, 400],
  [10, 540, 400],
  [14, 60, 400],
  [17, 60, 400],
]);

/** To and fro through the middle, five times in 20 s. */
const PACING = walker(
  KINDS.smallDog,
  80,
  [0, 1, 2, 3, 4, 5].map((turn) => [4 * turn, turn % 2 === 0 ? 100 : 540, 300]),
);

/** Eight people who walk across the picture, at times and at depths of their own; those further down hide the others. */
function crowd(seed: number): Scene["actors"] {
  const random = createRandom(seed);
  return Array.from({ length: 8 }, () => {
    const [from, to] = random() < 0.5 ? [-20, 660] : [660, -20];
    const [y, start, seconds] = [250 + 220 * random(), 12 * random(), 4 + 4 * random()];
    return {
      y,
      actor: walker(KINDS.person, 60 + y / 3, [[start, from, y], [start + seconds, to, y]]),
    };
  }).sort((a, b) => a.y - b.y).map(({ actor }) => actor);
}

/** `type direction@second`, rounded. */
function summary(rules: Rule[], of: Scene, faults: ClipFaults): string[] {
  return noticedIn(makeClip(of, faults), rules).map(({ second, event }) =>
    [event.type, event.label, event.direction, event.count].filter((each) => each !== null)
      .join(" ") + `@${Math.round(second)}`
  );
}

/** Expects the same events whatever the noise, each within two seconds of a time. */
function expectEvents(rules: Rule[], of: Scene, expected: [what: string, second: number][]): void {
  for (const seed of SEEDS) {
    const found = summary(rules, of, { ...FAULTS, seed });
    expect([seed, found.map((each) => each.split("@")[0])])
      .toEqual([seed, expected.map(([what]) => what)]);
    for (const [index, each] of found.entries()) {
      const off = Math.abs(Number(each.split("@")[1]) - (expected[index]?.[1] ?? 0));
      expect([seed, each, off <= 2]).toEqual([seed, each, true]);
    }
  }
}

Deno.test("who walks into a zone enters it once", () => {
  const rules = [rule({ when: "enter", zone: RIGHT, classes: ["person"] })];
  expectEvents(rules, scene([VISITOR], 20), [["enter person", 3]]);
});

Deno.test("who walks out of a zone leaves it once", () => {
  const rules = [rule({ when: "leave", zone: RIGHT, classes: ["person"] })];
  expectEvents(rules, scene([VISITOR], 20), [["leave person", 12]]);
});

Deno.test("who vanishes from a zone leaves it, after a grace in which nobody else comes", () => {
  const rules = [rule({ when: "leave" })];
  expectEvents(rules, scene([VISITOR], 23), [["leave person", 20]]);
});

Deno.test("who stays is told of once, after as long as the rule says", () => {
  const rules = [rule({ when: "dwell", zone: RIGHT, seconds: 5 })];
  expectEvents(rules, scene([VISITOR], 20), [["dwell person", 8]]);
  expectEvents([rule({ when: "dwell", zone: RIGHT, seconds: 14 })], scene([VISITOR], 20), []);
});

Deno.test("five frames a second are enough, and fifteen not too many", () => {
  const rules = [
    rule({ id: "enter", when: "enter", zone: RIGHT, cooldown_s: 0 }),
    rule({ id: "leave", when: "leave", zone: RIGHT, cooldown_s: 0 }),
    rule({ id: "dwell", when: "dwell", zone: RIGHT, seconds: 5, cooldown_s: 0 }),
    rule({ id: "cross", when: "cross", line: DOWN, cooldown_s: 0 }),
    rule({ id: "count", when: "count", at_least: 2, cooldown_s: 0 }),
  ];
  const expected: [string, number][] = [
    ["enter person", 3],
    ["cross person out 1", 3],
    ["dwell person", 8],
    ["leave person", 12],
    ["cross person in 1", 12],
  ];
  for (const framesPerSecond of [5, 15]) {
    expectEvents(rules, { ...scene([VISITOR], 17), framesPerSecond }, expected);
  }
});

Deno.test("a line counts each way, and each crossing once", () => {
  const rules = [rule({ when: "cross", line: DOWN, cooldown_s: 0 })];
  expectEvents(rules, scene([PACING], 20), [
    ["cross dog out 1", 2],
    ["cross dog in 1", 6],
    ["cross dog out 2", 10],
    ["cross dog in 2", 14],
    ["cross dog out 3", 18],
  ]);
});

Deno.test("the cooldown of a line silences each direction by itself, and not the counts", () => {
  const evaluator = new RuleEvaluator([rule({ when: "cross", line: DOWN, cooldown_s: 60 })]);
  const events = makeClip(scene([PACING], 20), FAULTS).flatMap(({ atMs, result }) =>
    evaluator.update(result, atMs)
  );
  expect(events.map(({ direction, count }) => [direction, count])).toEqual([["out", 1], ["in", 1]]);
  expect(evaluator.counts())
    .toEqual([{ rule_id: "rule", inside: 0, in: 2, out: 3, events: 2 }]);
});

Deno.test("enough at once are told of when they have become enough", () => {
  const passer = (start: number) =>
    walker(KINDS.person, 180, [[start, 100, 420], [start + 3, 400, 420], [start + 9, 420, 420], [
      start + 11,
      100,
      420,
    ], [start + 30, 100, 420]]);
  const other = walker(KINDS.person, 150, [[0, 580, 250], [40, 580, 250]]);
  const rules = [
    rule({ when: "count", zone: RIGHT, classes: ["person"], at_least: 2, cooldown_s: 0 }),
  ];
  expectEvents(rules, scene([other, passer(1)], 20), [["count person 2", 4]]);
  expectEvents(
    [rule({ when: "count", zone: RIGHT, at_least: 3 })],
    scene([other, passer(1)], 20),
    [],
  );
});

Deno.test("standing on a border is neither coming nor going", () => {
  const still = walker(KINDS.person, 200, [[0, 320, 400], [30, 320, 400]]);
  for (const seed of SEEDS) {
    const clip = makeClip(scene([still], 30), { ...FAULTS, seed });
    const evaluator = new RuleEvaluator([
      rule({ when: "cross", line: DOWN, cooldown_s: 0, id: "line" }),
      rule({ when: "leave", zone: RIGHT, cooldown_s: 0, id: "zone" }),
    ]);
    for (const { atMs, result } of clip) evaluator.update(result, atMs);
    expect([seed, evaluator.counts().map((each) => [each.in, each.out, each.events])])
      .toEqual([seed, [[0, 0, 0], [0, 0, 0]]]);
  }
});

Deno.test("who walks around the end of a line does not cross it", () => {
  const around = walker(KINDS.smallDog, 60, [[0, 100, 200], [3, 100, 440], [6, 540, 440], [
    9,
    540,
    200,
  ], [12, 540, 200]]);
  const rules = [rule({ when: "cross", line: [[0.5, 0], [0.5, 0.6]], cooldown_s: 0 })];
  expectEvents(rules, scene([around], 12), []);
});

Deno.test("what stands at the lower edge of the picture is inside a zone that ends there", () => {
  const close = walker(KINDS.person, 300, [[0, 320, 600], [10, 320, 600]]);
  const rules = [rule({ when: "enter", zone: [[0.2, 0.6], [0.8, 0.6], [0.8, 0.99], [0.2, 0.99]] })];
  expectEvents(rules, scene([close], 6), [["enter person", 1]]);
});

Deno.test("what is taken for something else when it comes is not told as that", () => {
  const clip = makeClip(scene([VISITOR], 16));
  // Its first track is known from the second frame on.
  const first = clip.findIndex(({ result }) => result.detections.some((each) => each.track_id));
  for (const each of clip[first]?.result.detections ?? []) each.label = "horse";
  const rules = [rule({ when: "enter", classes: ["horse"] }), rule({ id: "any", when: "enter" })];
  expect(noticedIn(clip, rules).map(({ event }) => [event.rule_id, event.label]))
    .toEqual([["any", "person"]]);
});

Deno.test("an object that is found again under another track stays the same", () => {
  const clip = makeClip(scene([VISITOR], 16), { blindEvery: 70 });
  // The tracker is made to forget: tracks after 8 s are others.
  const renamed = clip.map(({ atMs, result }) => ({
    atMs,
    result: {
      ...result,
      detections: atMs < 8000 ? result.detections : result.detections.map((each) => ({
        ...each,
        ...(each.track_id !== undefined && { track_id: each.track_id + 100 }),
      })),
    },
  }));
  const rules = ["enter", "leave", "dwell"].map((when) =>
    rule({ id: when, when: when as Rule["when"], zone: RIGHT, seconds: 6, cooldown_s: 0 })
  );
  const found = noticedIn(renamed, rules).map(({ event }) => event.type);
  expect(found).toEqual(["enter", "dwell", "leave"]);
});

Deno.test("who comes in where somebody has just gone out is somebody else", () => {
  const goes = walker(KINDS.person, 200, [[0.5, 320, 420], [2, 320, 420], [5, 700, 420]]);
  const comes = walker(KINDS.person, 200, [[6, 700, 420], [9, 320, 420], [12, 320, 420]]);
  expectEvents([rule({ when: "enter" })], scene([goes, comes], 12), [
    ["enter person", 1],
    ["enter person", 7],
  ]);
});

Deno.test("most of a crowd is counted, each once", () => {
  let [crossings, entries] = [0, 0];
  for (const seed of SEEDS) {
    const clip = makeClip(scene(crowd(seed), 22), { seed, missed: 0.05, shake: 0.02 });
    const evaluator = new RuleEvaluator([
      rule({ id: "line", when: "cross", line: DOWN, cooldown_s: 0 }),
      rule({ id: "zone", when: "enter", zone: [[0.35, 0], [0.65, 0], [0.65, 1], [0.35, 1]] }),
    ]);
    for (const { atMs, result } of clip) evaluator.update(result, atMs);
    const [line, zone] = evaluator.counts();
    crossings += (line?.in ?? 0) + (line?.out ?? 0);
    entries += zone?.events ?? 0;
  }
  const people = 8 * SEEDS.length;
  for (const counted of [crossings, entries]) {
    expect(Math.abs(counted - people) / people).toBeLessThan(0.05);
  }
});

Deno.test("an outage of the source is no time in which anybody stays or goes", () => {
  const still = walker(KINDS.person, 200, [[0, 480, 400], [30, 480, 400]]);
  const before = makeClip(scene([still], 2));
  const after = makeClip(scene([still], 10)).map(({ atMs, result }) => ({
    atMs: atMs + 600_000,
    result,
  }));
  const rules = ["enter", "leave", "dwell"].map((when) =>
    rule({ id: when, when: when as Rule["when"], zone: RIGHT, seconds: 8, cooldown_s: 0 })
  );
  const found = noticedIn([...before, ...after], rules);
  expect(found.map(({ event }) => event.type)).toEqual(["enter", "dwell"]);
  expect(found[1]?.second).toBeGreaterThan(603);
});

Deno.test("frames that become smaller and larger are the same source", () => {
  const clip = makeClip(scene([VISITOR, PACING], 22), FAULTS);
  const sizes = [[640, 480], [427, 320], [1280, 960]]
    .map(([width = 0, height = 0]) => ({ width, height }));
  const changing = clip.map(({ atMs, result }) => ({
    atMs,
    result: scaleResult(result, sizes[Math.floor(atMs / 700) % 3] ?? CLIP_SIZE),
  }));
  const rules = [
    rule({ id: "enter", when: "enter", zone: RIGHT }),
    rule({ id: "leave", when: "leave", zone: RIGHT, cooldown_s: 0 }),
    rule({ id: "dwell", when: "dwell", seconds: 5, zone: RIGHT }),
    rule({ id: "cross", when: "cross", line: DOWN, cooldown_s: 0 }),
    rule({ id: "count", when: "count", at_least: 2, zone: RIGHT, cooldown_s: 0 }),
  ];
  const expected = noticedIn(clip, rules);
  expect(new Set(expected.map(({ event }) => event.type)).size).toBe(5);
  const found = noticedIn(changing, rules);
  // Its pixels are others.
  const withoutBox = ({ second, event: { bbox: _, ...event } }: typeof found[0]) => ({
    second,
    ...event,
  });
  expect(found.map(withoutBox)).toEqual(expected.map(withoutBox));
  // Boxes are in pixels of the frame that the event was noticed in.
  for (const [index, { second, event }] of found.entries()) {
    const { width } = sizes[Math.floor(1000 * second / 700) % 3] ?? CLIP_SIZE;
    const [x = 0] = event.bbox ?? [];
    expect(Math.abs(x * 640 / width - (expected[index]?.event.bbox?.[0] ?? 0))).toBeLessThan(0.5);
  }
});

Deno.test("a frame of another shape begins anew, and what was counted stays", () => {
  const clip = makeClip(scene([VISITOR], 6));
  const evaluator = new RuleEvaluator([rule({ when: "cross", line: DOWN, cooldown_s: 0 })]);
  for (const { atMs, result } of clip) evaluator.update(result, atMs);
  expect(evaluator.counts()[0]).toMatchObject({ out: 1 });
  evaluator.update(emptyResult({ width: 480, height: 640 }), 7000);
  expect(evaluator.countByLabel().size).toBe(0);
  expect(evaluator.counts()[0]).toMatchObject({ out: 1 });
});

Deno.test("text is told once for as long as it stays, and once settled only", () => {
  const rules = [rule({ when: "text", pattern: "^B-", cooldown_s: 5 })];
  const clip = makeTextClip([
    ["TAXI"],
    ["B-AB 12", "TAXI"],
    ["B-AB 12"],
    ["B-AB 12"],
    ["X-B-AB"],
    ...Array(4).fill([]),
    ["B-AB 12"],
    ["B-CD 34"],
  ]);
  const misread = clip.map((frame, index) =>
    index === 7
      ? { ...frame, result: { ...frame.result, text_blocks: [lineOf("B-A8 12")] } }
      : frame
  );
  expect(noticedIn(misread, rules).map(({ event: { text } }) => text))
    .toEqual(["B-AB 12", "B-AB 12", "B-CD 34"]);
});

Deno.test("text that the reader does not call stable yet is not told", () => {
  const rules = [rule({ when: "text", pattern: "." })];
  const block = (stable: boolean) => ({ ...lineOf("Gate 5"), stable });
  const clip = [false, false, false, true, true].map((stable, index) => ({
    atMs: 200 * index,
    result: { ...emptyResult(), text_blocks: [block(stable)], text_frame_index: index },
  }));
  expect(noticedIn(clip, rules).map(({ second }) => second)).toEqual([0.6]);
});

Deno.test("text of a rule with classes counts inside of objects of these classes", () => {
  const rules = [
    rule({ id: "plate", when: "text", pattern: "B", classes: ["car"] }),
    rule({ id: "zone", when: "text", pattern: "B", zone: [[0.5, 0.5], [1, 0.5], [1, 1]] }),
  ];
  const clip = makeTextClip([["B-AB 12"], ["B-AB 12"]]);
  const car = { label: "car", class_id: 2, confidence: 0.8, bbox: [10, 0, 300, 200] as const };
  for (const { result } of clip.slice(5)) {
    result.detections = [{ ...car, bbox: [...car.bbox], track_id: 7, text: "B-AB 12\nTAXI" }];
  }
  const found = noticedIn(clip, rules);
  expect(found.map(({ event }) => [event.rule_id, event.label, event.track_id, event.text]))
    .toEqual([["plate", "car", 7, "B-AB 12"]]);
  expect(found[0]?.second).toBe(1);
});

Deno.test("rules that are set anew go on with what they know where they are the same", () => {
  const still = walker(KINDS.person, 200, [[0, 480, 400], [30, 480, 400]]);
  const clip = makeClip(scene([still], 4));
  const kept = rule({ id: "kept", when: "enter", zone: RIGHT });
  const evaluator = new RuleEvaluator([kept, rule({ id: "old", when: "enter" })]);
  const half = clip.length / 2;
  for (const { atMs, result } of clip.slice(0, half)) evaluator.update(result, atMs);
  evaluator.setRules([rule({ id: "new", when: "enter", zone: RIGHT }), kept]);
  for (const { atMs, result } of clip.slice(half)) evaluator.update(result, atMs);
  expect(evaluator.counts()).toEqual([
    { rule_id: "new", inside: 1, in: 0, out: 0, events: 1 },
    { rule_id: "kept", inside: 1, in: 0, out: 0, events: 1 },
  ]);
  expect([...evaluator.countByLabel()]).toEqual([["person", 1]]);
});

Deno.test("a source holds a bounded number of objects and lines", () => {
  const evaluator = new RuleEvaluator([
    rule({ id: "any", when: "leave", zone: RIGHT, cooldown_s: 0 }),
    rule({ id: "text", when: "text", pattern: "x" }),
  ]);
  for (let index = 0; index < 300; index++) {
    const detections = Array.from({ length: 20 }, (_, each) => ({
      label: "dog",
      class_id: 16,
      confidence: 0.9,
      bbox: [30 * each, 100, 20, 20] as [number, number, number, number],
      track_id: 1 + each + 20 * Math.floor(index / 3),
    }));
    const text_blocks = Array.from(
      { length: 20 },
      (_, row) => lineOf(`x${row} ${index >> 1}`, row),
    );
    evaluator.update({ ...emptyResult(), detections, text_blocks, text_frame_index: index }, index);
  }
  const [objects] = evaluator.counts();
  expect(objects?.inside).toBeLessThanOrEqual(500);
  expect([...evaluator.countByLabel().values()][0]).toBeLessThanOrEqual(500);
});
