/**
 * Whether rules fit what a pipeline finds.
 *
 * @module
 */

import type { Rule } from "../protocol/rule.ts";
import { RuleError } from "./errors.ts";

/** What a pipeline finds, as far as rules depend on it. */
export interface PipelineAbilities {
  /** The classes that it can find; `undefined` where that is not known. */
  classes: readonly string[] | undefined;
  /** Whether it follows objects from frame to frame. */
  follows: boolean;
  /** Whether it reads text. */
  reads: boolean;
}

/** Classes that a message names. */
const MOST_SHOWN = 5;

/**
 * Checks that a pipeline finds what rules look for.
 *
 * @param pipeline What the pipeline is called in messages, such as `the pipeline yolo_only`
 * @param place What the list is called in messages
 * @throws {RuleError} If a class is unknown, or the pipeline does not do what a rule needs
 */
export function checkFit(
  rules: readonly Rule[],
  { classes: known, follows, reads }: PipelineAbilities,
  pipeline: string,
  place = "rules",
): void {
  for (const [index, { when, classes }] of rules.entries()) {
    if (when === "text" ? !reads : !follows) {
      const lack = when === "text" ? "reads no text" : "follows no objects";
      const problem = `"${when}" cannot work, because ${pipeline} ${lack}`;
      throw new RuleError(`${place}[${index}].when`, problem);
    }
    const unknown = classes.findIndex((each) => !(known?.includes(each) ?? true));
    if (unknown < 0 || known === undefined) continue;
    const name = classes[unknown] as string;
    const problem = `${pipeline} finds no ${JSON.stringify(name)}: ${near(name, known)}`;
    throw new RuleError(`${place}[${index}].classes[${unknown}]`, problem);
  }
}

/** The names that are most like another, as the end of a sentence. */
function near(name: string, known: readonly string[]): string {
  const byDistance = known.map((each) => ({ each, distance: likeness(name, each) }))
    .toSorted((a, b) => a.distance - b.distance);
  const shown = byDistance.slice(0, MOST_SHOWN).map(({ each }) => JSON.stringify(each)).join(", ");
  if (known.length === 0) return "it finds no classes";
  const others = known.length - MOST_SHOWN;
  if (others <= 0) return `it finds ${shown}`;
  return `it finds ${shown} and ${others} ${others === 1 ? "other" : "others"}`;
}

/** Changes of single letters that lead from one name to another (Levenshtein), 0 for the same; part of it counts as near. */
function likeness(name: string, other: string): number {
  const [from, to] = [name.toLowerCase().slice(0, 64), other.toLowerCase().slice(0, 64)];
  if (from !== "" && (to.includes(from) || from.includes(to))) return 0.5;
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const changed = (row[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}
