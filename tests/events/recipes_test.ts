/** The recipes of docs/events.md, each on made tracks with a detector that errs. */

import { expect } from "expect";
import { parseRules } from "../../lib/events/parse_rules.ts";
import { parseRuleSets } from "../../lib/events/rule_sets.ts";
import { type Actor, type Kind, KINDS, type Scene } from "../detection/tracking/scene.ts";
import { makeClip, makeTextClip, noticedIn, type TimedResult, walker } from "./made_clip.ts";

const PAGE = await Deno.readTextFile(new URL("../../docs/events.md", import.meta.url));

/** The rules of the recipes, by their headings. */
const RECIPES = new Map(
  Array.from(
    (PAGE.split("\n## Recipes\n")[1] ?? "").matchAll(/^### (.+)\n[\s\S]*?```json\n([\s\S]*?)```/gm),
    ([, title = "", json = ""]) => [title, JSON.parse(json)] as const,
  ),
);

const SUITCASE: Kind = { label: "suitcase", class_id: 28, image: "", cut: [0, 0, 60, 80] };

type Feet = [second: number, x: number, y: number];

function film(seconds: number, ...actors: Actor[]): Scene {
  return { seconds, framesPerSecond: 10, actors };
}

/** A person of 180 pixels. */
function person(...feet: Feet[]): Actor {
  return walker(KINDS.person, 180, feet);
}

function car(...feet: Feet[]): Actor {
  return walker(KINDS.car, 70, feet);
}

/** What happens, as `type label direction count`, for each recipe. */
const EXPECTED: Record<string, [happens: Scene | TimedResult[], events: string[]]> = {
  "Somebody comes to the door": [
    // One comes, stays and goes; another one passes at the back.
    film(
      16,
      person([0, 20, 230], [8, 620, 230]),
      person([1, 60, 430], [5, 320, 420], [10, 320, 420], [14, 60, 430]),
    ),
    ["enter person"],
  ],
  "Somebody stays at the door": [
    film(
      24,
      person([0, 40, 420], [5, 600, 420]),
      person([7, 60, 430], [10, 320, 420], [18, 320, 420], [21, 60, 430]),
    ),
    ["dwell person"],
  ],
  "Cars each way": [
    film(
      22,
      car([0, 150, 120], [5, 150, 460]),
      car([6, 480, 460], [11, 480, 120]),
      car([12, 150, 120], [17, 150, 460]),
      // It turns before the line, and a dog is no car.
      car([2, 400, 120], [4, 400, 240], [7, 400, 120]),
      walker(KINDS.smallDog, 60, [[13, 560, 150], [19, 560, 460]]),
    ),
    ["cross car in 1", "cross car out 1", "cross car in 2"],
  ],
  "Visitors of a shop": [
    film(
      18,
      person([0, 540, 400], [5, 100, 400]),
      person([7, 100, 420], [12, 540, 420]),
      // One walks past at the back, beyond the end of the line.
      person([12, 600, 180], [17, 60, 180]),
    ),
    ["cross person in 1", "cross person out 1"],
  ],
  "A queue gets long": [
    film(
      20,
      person([0, 110, 420], [30, 110, 420]),
      person([0, 230, 420], [30, 230, 420]),
      person([0, 350, 420], [30, 350, 420]),
      person([4, 600, 420], [8, 480, 420], [30, 480, 420]),
    ),
    ["count person 4"],
  ],
  "The dog leaves the garden": [
    film(
      14,
      walker(KINDS.smallDog, 90, [[0, 100, 400], [4, 350, 420], [7, 150, 300], [12, 600, 420], [
        20,
        600,
        420,
      ]]),
    ),
    ["leave dog"],
  ],
  "A bag is left behind": [
    film(
      30,
      person([0, 40, 440], [4, 300, 440], [8, 620, 440]),
      walker(SUITCASE, 70, [[4, 300, 440], [40, 300, 440]]),
    ),
    ["dwell suitcase"],
  ],
  "A car blocks the entrance": [
    film(
      40,
      car([0, 60, 420], [6, 600, 420], [9, 600, 420]),
      car([12, 60, 420], [15, 480, 400], [60, 480, 400]),
    ),
    ["dwell car"],
  ],
  "A number plate is read": [
    makeTextClip([["TAXI"], ["B-XY 123"], ["B-XY 123", "TAXI"], ["HH-AB 12"], ["B AB 7"], []]),
    ["text B-XY 123", "text B AB 7"],
  ],
  "A display shows a fault": [
    makeTextClip([["Ready"], ["Ready", "Fault 17"], ["Ready", "Fault 17"], [
      "Ready",
      "Ready",
      "Ready",
      "Ready",
      "Ready",
      "Error below",
    ]]),
    ["text Fault 17"],
  ],
};

Deno.test("docs/events.md has ten recipes, and each is tested", () => {
  expect([...RECIPES.keys()]).toEqual(Object.keys(EXPECTED));
  expect(RECIPES.size).toBe(10);
  // They can stand beside each other.
  expect(parseRules([...RECIPES.values()])).toHaveLength(10);
});

Deno.test("the sets that docs/events.md shows can be used", () => {
  const [, json = ""] = /```json\n(\{\n {2}"sets"[\s\S]*?)```/.exec(PAGE) ?? [];
  expect([...parseRuleSets(json).keys()]).toEqual(["door", "lorries"]);
});

for (const [title, [happens, events]] of Object.entries(EXPECTED)) {
  Deno.test(`recipe: ${title}`, () => {
    const rules = parseRules([RECIPES.get(title)]);
    const seeds = Array.isArray(happens) ? [0] : [1, 2, 3, 4, 5];
    for (const seed of seeds) {
      const clip = Array.isArray(happens)
        ? happens
        : makeClip(happens, { seed, missed: 0.05, blindEvery: 40, misnamedEvery: 7 });
      const found = noticedIn(clip, rules).map(({ event }) =>
        [event.type, event.label, event.direction, event.count, event.text]
          .filter((each) => each !== null).join(" ")
      );
      expect([seed, found]).toEqual([seed, events]);
    }
  });
}
