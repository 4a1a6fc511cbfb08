/** What can be wrong with a model. */

import { UserError } from "../user_error.ts";

/** A model cannot be had or used; the message is one sentence for people, and says what to do. */
export class ModelError extends UserError {}

/** A model could not be fetched. */
export class ModelFetchError extends ModelError {}

/** A model file is not there. */
export class ModelNotFoundError extends ModelError {}

/** No decoder here can read a model's outputs. */
export class UnknownHeadError extends ModelError {}

/** A detector's network cannot be computed with 8-bit integers. */
export class UnfitForQuantizingError extends ModelError {}
