/**
 * Errors of events that callers tell apart. Every message is a sentence for people.
 *
 * @module
 */

import { NamedError } from "../named_error.ts";

/** Thrown when there is no event of an id, or no longer. */
export class EventNotFoundError extends NamedError {}

/** Thrown when an event could not be delivered; the message says why, without addresses. */
export class DeliveryError extends NamedError {}
