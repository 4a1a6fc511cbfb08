/** What can be wrong with a model. */

import { UserError } from "../user_error.ts";

/** A model cannot be had or used; the message is one sentence for people, and says what to do. */
export class ModelError extends UserError {
  /** Name of the class, as `String(error)` gives it. */
  override name = "ModelError";
}

/** A model could not be fetched. */
export class ModelFetchError extends ModelError {
  /** Name of the class, as `String(error)` gives it. */
  override name = "ModelFetchError";
}

/** A model file is not there. */
export class ModelNotFoundError extends ModelError {
  /** Name of the class, as `String(error)` gives it. */
  override name = "ModelNotFoundError";
}

/** No decoder here can read a model's outputs. */
export class UnknownHeadError extends ModelError {
  /** Name of the class, as `String(error)` gives it. */
  override name = "UnknownHeadError";
}
