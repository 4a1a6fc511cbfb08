/**
 * Errors of rules and events that callers tell apart. Every message is a sentence for people.
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

/** Thrown when there is no event of an id, or no longer. */
export class EventNotFoundError extends NamedError {}

/** Thrown when an event could not be delivered; the message says why, without addresses. */
export class DeliveryError extends NamedError {}
