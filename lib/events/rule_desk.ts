/**
 * The rules of a server: the sets that streams can ask for, and whether rules fit its pipelines.
 *
 * @module
 */

import type { Rule } from "../protocol/rule.ts";
import { UserError } from "../user_error.ts";
import { checkFit, type PipelineAbilities } from "./check_fit.ts";
import { RuleError } from "./errors.ts";
import type { EventSink } from "./event_sink.ts";
import { parseRules } from "./parse_rules.ts";
import { readRulesFile, type RuleSets } from "./rule_sets.ts";
import { SourceWatch } from "./source_watch.ts";

/** Options of {@linkcode RuleDesk}. */
export interface RuleDeskOptions {
  /** `RULES_FILE`; `undefined` for none. */
  file: string | undefined;
  /** Takes what rules notice. */
  sink: EventSink;
  /** What a pipeline finds. */
  abilitiesOf(pipelineId: string): PipelineAbilities;
}

/** Knows the sets of `RULES_FILE`, and watches streams with them. */
export class RuleDesk {
  readonly #options: RuleDeskOptions;
  #sets: RuleSets = new Map();

  /** Begins without sets; {@linkcode load} reads them. */
  constructor(options: RuleDeskOptions) {
    this.#options = options;
  }

  /** Reads `RULES_FILE`. @throws {UserError} If it cannot be used */
  async load(): Promise<void> {
    const { file } = this.#options;
    if (file !== undefined) this.#sets = await readRulesFile(file);
  }

  /**
   * Checks that at least one pipeline finds what each rule of the sets looks for.
   *
   * @throws {UserError} If none does; the message names file, rule and class
   */
  checkSets(pipelineIds: readonly string[]): void {
    const abilities = pipelineIds.map((id) => this.#options.abilitiesOf(id));
    const isKnown = abilities.every(({ classes }) => classes !== undefined);
    const together = {
      classes: isKnown ? [...new Set(abilities.flatMap(({ classes = [] }) => classes))] : undefined,
      follows: abilities.some(({ follows }) => follows),
      reads: abilities.some(({ reads }) => reads),
    };
    for (const [name, rules] of this.#sets) {
      try {
        checkFit(rules, together, "the server", `sets.${name}`);
      } catch (cause) {
        if (!(cause instanceof RuleError)) throw cause;
        const problem = `${cause.place}: ${cause.problem}`;
        throw new UserError(`Cannot use RULES_FILE ${this.#options.file}: ${problem}`, { cause });
      }
    }
  }

  /** Checks that a pipeline finds what rules look for. @throws {RuleError} If it does not */
  check(rules: readonly Rule[], pipelineId: string): void {
    if (rules.length === 0) return;
    checkFit(rules, this.#options.abilitiesOf(pipelineId), `the pipeline ${pipelineId}`);
  }

  /**
   * The rules that somebody asks for: a list as JSON, or the name of a set.
   *
   * @throws {RuleError} If they cannot be used with the pipeline
   */
  parse(text: string, pipelineId: string): readonly Rule[] {
    const rules = this.#sets.get(text) ?? parseRules(parseJson(text));
    this.check(rules, pipelineId);
    return rules;
  }

  /** Whether there are sets. */
  get hasSets(): boolean {
    return this.#sets.size > 0;
  }

  /** Whether there is a set of this name. */
  has(name: string): boolean {
    return this.#sets.has(name);
  }

  /** Begins to watch a stream with a set. */
  open(name: string, sessionId: string): SourceWatch {
    return new SourceWatch({ sessionId }, this.#sets.get(name) ?? [], this.#options.sink);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RuleError(
      "rules",
      "expected a list of rules as JSON, or the name of a set of RULES_FILE",
    );
  }
}
