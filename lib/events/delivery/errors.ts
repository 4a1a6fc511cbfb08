/**
 * Errors of sending events.
 *
 * @module
 */

import { NamedError } from "../../named_error.ts";

/** Thrown when an event could not be delivered; the message says why, without addresses. */
export class DeliveryError extends NamedError {}

/** Thrown when the target has refused what is in this event, which says nothing about others. */
export class EventRefusedError extends DeliveryError {}
