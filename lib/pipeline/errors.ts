/** The errors that the pipeline's callers tell apart. */

import { NamedError } from "../named_error.ts";
import { UserError } from "../user_error.ts";

/**
 * A pipeline failed on a frame.
 *
 * The message is fit for clients; what went wrong inside is in `cause`, for logs only.
 */
export class PipelineError extends NamedError {
  /** `options.cause` is what went wrong inside; the message is always the same. */
  constructor(options?: ErrorOptions) {
    super("Pipeline execution failed", options);
  }
}

/** There is too much to do already; what was asked for may be asked for again. */
export class OverloadedError extends NamedError {}

/** A pipeline's definition cannot be used; the message is one sentence for people, and names the file. */
export class DefinitionError extends UserError {}
