import { expect } from "expect";
import fc from "fast-check";
import * as v from "valibot";
import {
  checkRuleForm,
  describeRule,
  needsLine,
  RULE_WORDS,
  ruleErrorAtField,
  toRule,
  toRuleForm,
} from "../../../lib/client/rules/rule_form.ts";
import { describeCounts } from "../../../lib/client/rules/rule_counts.ts";
import { type PicturePoint, RuleSchema, RuleTypeSchema } from "../../../lib/protocol/rule.ts";

const TRIANGLE: PicturePoint[] = [[0, 0], [1, 0], [1, 1]];
const LINE: [PicturePoint, PicturePoint] = [[0, 0.5], [1, 0.5]];

Deno.test("a rule that is opened and saved stays as it was", () => {
  const rules = fc.record({
    id: fc.constant("a"),
    name: fc.constantFrom("Door", "Yard gate"),
    when: fc.constantFrom(...RuleTypeSchema.options),
    seconds: fc.integer({ min: 0, max: 60 }),
    at_least: fc.integer({ min: 1, max: 60 }),
    cooldown_s: fc.double({ min: 0, max: 60, noNaN: true }),
    classes: fc.uniqueArray(fc.constantFrom("person", "traffic light"), { maxLength: 2 }),
    actions: fc.subarray(["webhook", "mqtt"]),
    zone: fc.constantFrom(null, TRIANGLE),
  }).map((rule) => ({
    ...rule,
    ...needsLine(rule.when) && { zone: null, line: LINE },
    ...rule.when === "text" && { pattern: "^B-" },
    ...rule.when !== "dwell" && { seconds: 3 },
    ...rule.when !== "count" && { at_least: 1 },
  })).map((rule) => v.parse(RuleSchema, rule));
  fc.assert(fc.property(rules, (rule) => {
    const form = toRuleForm(rule);
    expect(checkRuleForm(form)).toEqual({});
    expect(v.parse(RuleSchema, toRule(form, rule, []))).toEqual(rule);
    expect(describeRule(rule)).not.toBe("");
  }));
});

Deno.test("what is plainly wrong is said at its field", () => {
  const form = { ...toRuleForm(null), name: "Door" };
  expect(checkRuleForm(form)).toEqual({});
  const wrong = (changes: Partial<typeof form>) =>
    Object.keys(checkRuleForm({ ...form, ...changes }));
  expect(wrong({ name: " " })).toEqual(["name"]);
  expect(wrong({ points: [[0, 0], [1, 1]] })).toEqual(["points"]);
  expect(wrong({ when: "cross" })).toEqual(["points"]);
  expect(wrong({ when: "cross", points: LINE })).toEqual([]);
  expect(wrong({ when: "dwell", seconds: "soon" })).toEqual(["seconds"]);
  expect(wrong({ when: "enter", seconds: "soon" })).toEqual([]);
  expect(wrong({ when: "count", atLeast: "1.5" })).toEqual(["atLeast"]);
  expect(wrong({ when: "text" })).toEqual(["pattern"]);
  expect(wrong({ cooldown: "-1" })).toEqual(["cooldown"]);
});

Deno.test("what the server refuses is said at its field, without its place in a list", () => {
  const refuse = (place: string | undefined, index: number) =>
    ruleErrorAtField(place, `Cannot use ${place}: the pipeline finds no "persn"`, index);
  const problem = 'The pipeline finds no "persn".';
  expect(refuse("rules[3].classes[0]", 3)).toEqual({ classes: problem });
  expect(refuse("rules[13].at_least", 13)).toEqual({ atLeast: problem });
  expect(refuse("rules[0].line", 0)).toEqual({ points: problem });
  expect(refuse("rules[0].classes[0]", 1)).toBeNull();
  expect(refuse("rules[0].when", 0)).toBeNull();
  expect(refuse("rules", 0)).toBeNull();
  expect(refuse(undefined, 0)).toBeNull();
});

Deno.test("a new rule gets an id that no other has", () => {
  const form = { ...toRuleForm(null), name: "Front door" };
  expect(toRule(form, null, ["front-door"])).toMatchObject({ id: "front-door-2", zone: null });
  expect(Object.keys(RULE_WORDS)).toEqual(RuleTypeSchema.options);
});

Deno.test("counts are told in the words of their rule", () => {
  const counts = { rule_id: "a", inside: 2, in: 5, out: 3, events: 1 };
  expect(describeCounts(counts, { when: "dwell" })).toBe("2 inside · 1 event");
  expect(describeCounts(counts, { when: "cross" })).toBe("5 in · 3 out · 1 event");
  expect(describeCounts({ ...counts, events: 0 }, { when: "text" })).toBe("0 events");
  expect(describeCounts(undefined, { when: "text" })).toBe("");
});
