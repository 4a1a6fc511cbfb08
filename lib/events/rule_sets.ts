/**
 * Sets of rules for streams, as they stand in `RULES_FILE`: `{"sets":{"door":[…]}}`.
 *
 * @module
 */

import { cutText } from "../cut_text.ts";
import type { Rule } from "../protocol/rule.ts";
import { reasonOf, UserError } from "../user_error.ts";
import { RuleError } from "./errors.ts";
import { parseRules } from "./parse_rules.ts";

/** Rules by the name of their set. */
export type RuleSets = ReadonlyMap<string, readonly Rule[]>;

/** Most sets of a file. */
const MAX_SETS = 100;

/** What sets may be called. */
const NAME = /^[a-z0-9-]{1,40}$/;

/**
 * Reads sets of rules.
 *
 * @throws {RuleError} If one cannot be used; the place is such as `sets.door[0].zone`
 */
export function parseRuleSets(json: string): RuleSets {
  const file = parseRulesJson(json);
  const { sets, ...others } = isObject(file) ? file : {};
  if (!isObject(sets) || Object.keys(others).length > 0) {
    throw new RuleError("the file", 'expected {"sets": {"name": [rules]}} and nothing else');
  }
  const entries = Object.entries(sets);
  if (entries.length > MAX_SETS) {
    throw new RuleError("sets", `there are ${entries.length}, and there may be ${MAX_SETS}`);
  }
  return new Map(entries.map(([name, rules]) => {
    const place = `sets.${cutText(name, 64)}`;
    if (NAME.test(name)) return [name, parseRules(rules, place)];
    throw new RuleError(place, "expected a name of 1 to 40 lower-case letters, digits and hyphens");
  }));
}

/** Reads `RULES_FILE`. @throws {UserError} If it cannot be used: one line that names file, place and value */
export async function readRulesFile(path: string): Promise<RuleSets> {
  try {
    return parseRuleSets(await Deno.readTextFile(path));
  } catch (cause) {
    throw rulesFileError("RULES_FILE", path, cause);
  }
}

/**
 * The error for a file of rules that cannot be used.
 *
 * @param name What names the file, such as `RULES_FILE`
 */
export function rulesFileError(name: string, path: string, cause: unknown): UserError {
  const problem = cause instanceof RuleError ? `${cause.place}: ${cause.problem}` : reasonOf(cause);
  return new UserError(`Cannot use ${name} ${path}: ${problem}`, { cause });
}

/** Parses the JSON of a file of rules. @throws {RuleError} If it is none */
export function parseRulesJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new RuleError("the file", `it is not JSON (${(error as Error).message})`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
