/** What is filled in about a rule: checks, and what of it is sent. */

import type { PicturePoint, Rule, RuleType } from "../../protocol/rule.ts";
import { idFromName } from "../cameras/camera_form.ts";

/** What the person has filled in, as it stands in the fields. */
export interface RuleForm {
  /** For people. */
  name: string;
  /** What is noticed. */
  when: RuleType;
  /** Corners of the zone, or ends of the line; none for the whole picture. */
  points: PicturePoint[];
  /** Labels of the classes that count, separated by commas; empty for all. */
  classes: string;
  /** For `dwell`. */
  seconds: string;
  /** For `count`. */
  atLeast: string;
  /** For `text`. */
  pattern: string;
  /** How long the rule keeps silent after an event. */
  cooldown: string;
  /** Whether events are sent to the webhook of the server, if it has one. */
  webhook: boolean;
  /** Whether events are sent to the MQTT broker of the server, if it has one. */
  mqtt: boolean;
}

/** What is wrong, by the field that it belongs to. */
export type RuleErrors = { readonly [Field in keyof RuleForm]?: string };

/** What can be noticed, in the words of the form, in its order. */
export const RULE_WORDS: Readonly<Record<RuleType, string>> = {
  enter: "Something comes in",
  leave: "Something leaves",
  dwell: "Something stays",
  cross: "Something crosses a line",
  count: "Several are there at once",
  text: "A text is read",
};

/** The form of a new rule, or of one that is to be changed. */
export function toRuleForm(rule: Rule | null): RuleForm {
  return {
    name: rule === null ? "" : rule.name ?? rule.id,
    when: rule?.when ?? "enter",
    points: [...rule?.zone ?? rule?.line ?? []],
    classes: rule === null ? "person" : rule.classes.join(", "),
    seconds: String(rule?.seconds ?? 3),
    atLeast: String(rule?.at_least ?? 2),
    pattern: rule?.pattern ?? "",
    cooldown: String(rule?.cooldown_s ?? 30),
    webhook: rule?.actions.includes("webhook") ?? true,
    mqtt: rule?.actions.includes("mqtt") ?? true,
  };
}

/** Whether a rule of this kind is about a line, and not a zone. */
export function needsLine(when: RuleType): boolean {
  return when === "cross";
}

/** What is plainly wrong; the server has the last word. */
export function checkRuleForm(form: RuleForm): RuleErrors {
  const { name, when, points, seconds, atLeast, pattern, cooldown } = form;
  const errors: { [Field in keyof RuleForm]?: string } = {};
  if (name.trim() === "") errors.name = "Give the rule a name.";
  if (needsLine(when) && points.length !== 2) errors.points = "Set both ends of the line.";
  if (!needsLine(when) && (points.length === 1 || points.length === 2)) {
    errors.points = "A zone has at least three corners; without corners the whole picture counts.";
  }
  if (when === "dwell" && !isNumber(seconds, 0)) errors.seconds = "Enter a number of seconds.";
  if (when === "count" && !(isNumber(atLeast, 1) && Number.isInteger(Number(atLeast)))) {
    errors.atLeast = "Enter a whole number from 1.";
  }
  if (when === "text" && pattern === "") errors.pattern = "Say what is to be read.";
  if (!isNumber(cooldown, 0)) errors.cooldown = "Enter a number of seconds.";
  return errors;
}

/** Fields of the form by the names of the server. */
const FIELDS: Readonly<Record<string, keyof RuleForm>> = {
  id: "name",
  name: "name",
  zone: "points",
  line: "points",
  classes: "classes",
  seconds: "seconds",
  at_least: "atLeast",
  pattern: "pattern",
  cooldown_s: "cooldown",
};

/**
 * Puts what the server found wrong at the field that it is about.
 *
 * @param place Such as `rules[0].classes[1]`; `undefined` where the server names none.
 * @param detail The server's sentence, which begins with the place.
 * @param index Place of the rule in the list that was sent.
 * @returns `null` where it belongs to no field, or to another rule.
 */
export function ruleErrorAtField(
  place: string | undefined,
  detail: string,
  index: number,
): RuleErrors | null {
  const [, rule, key = ""] = /^rules\[(\d+)\]\.(\w+)/.exec(place ?? "") ?? [];
  const field = FIELDS[key];
  if (field === undefined || Number(rule) !== index) return null;
  const problem = detail.replace(`Cannot use ${place}: `, "");
  return { [field]: `${problem.charAt(0).toUpperCase()}${problem.slice(1)}.` };
}

function isNumber(text: string, least: number): boolean {
  return text.trim() !== "" && Number(text) >= least && Number(text) <= 86_400;
}

/**
 * A rule as it is sent, with only what means something for what it notices.
 *
 * @param old The rule that is changed; `null` for a new one, which gets an id after its name.
 * @param taken Ids of the other rules.
 */
export function toRule(
  form: RuleForm,
  old: Rule | null,
  taken: readonly string[],
): Record<string, unknown> {
  const { name, when, points, classes, seconds, atLeast, pattern, cooldown } = form;
  const isLine = needsLine(when);
  const labels = classes.split(",").map((label) => label.trim()).filter((label) => label !== "");
  // The form has no classes for text; those of a rule that was made elsewhere stay.
  const ofText = old?.when === "text" ? old.classes : [];
  return {
    id: old?.id ?? idFromName(name, taken),
    name: name.trim(),
    when,
    zone: isLine || points.length === 0 ? null : points,
    line: isLine ? points : null,
    classes: when === "text" ? ofText : labels,
    ...when === "dwell" && { seconds: Number(seconds) },
    ...when === "count" && { at_least: Number(atLeast) },
    ...when === "text" && { pattern },
    cooldown_s: Number(cooldown),
    actions: [...form.webhook ? ["webhook"] : [], ...form.mqtt ? ["mqtt"] : []],
  };
}

/** A rule in a few words, such as `person stays 10 s`. */
export function describeRule({ when, classes, seconds, at_least, pattern }: Rule): string {
  const who = classes.length === 0 ? "anything" : classes.join(", ");
  const where = classes.length === 0 ? "" : ` in: ${who}`;
  switch (when) {
    case "enter":
      return `${who} comes in`;
    case "leave":
      return `${who} leaves`;
    case "dwell":
      return `${who} stays ${seconds} s`;
    case "cross":
      return `${who} crosses the line`;
    case "count":
      return `${at_least} or more at once: ${who}`;
    case "text":
      return `“${pattern ?? ""}” is read${where}`;
  }
}
