/** What can be wrong with a model. */

import { UserError } from "../user_error.ts";

/** A model cannot be had or used; the message is one sentence for people, and says what to do. */
export class ModelError extends UserError {}

/** A model could not be fetched. */
export class ModelFetchError extends ModelError {}

/** A model file is not there. */
export class ModelNotFoundError extends ModelError {}

/** A model is no detector that can be read; the message is the end of a sentence that begins with the model. */
export class UnknownHeadError extends ModelError {}

/** A detector's network cannot be computed with 8-bit integers. */
export class UnfitForQuantizingError extends ModelError {}
