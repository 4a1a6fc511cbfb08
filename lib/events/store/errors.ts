/**
 * Errors of stored events that callers tell apart.
 *
 * @module
 */

import { NamedError } from "../../named_error.ts";

/** Thrown when there is no event of an id, or no longer; the message is a sentence for people. */
export class EventNotFoundError extends NamedError {}
