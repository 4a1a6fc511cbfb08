/**
 * What can be wrong with rules.
 *
 * @module
 */

import { NamedError } from "../named_error.ts";

/** Thrown for rules that cannot be used; the message says where, what is wrong, and what is allowed. */
export class RuleError extends NamedError {
  /** What is wrong, without the place. */
  readonly problem: string;
  /** Where, such as `rules[0].zone`. */
  readonly place: string;

  /** Begins the message with the place. */
  constructor(place: string, problem: string) {
    super(`Cannot use ${place}: ${problem}`);
    this.problem = problem;
    this.place = place;
  }
}
