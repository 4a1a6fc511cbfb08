/** The errors that the pipeline's callers tell apart. */

import { UserError } from "../user_error.ts";

/**
 * A pipeline failed on a frame.
 *
 * The message is fit for clients; what went wrong inside is in `cause`, for logs only.
 */
export class PipelineError extends Error {
  /** Name of the class, as `String(error)` gives it. */
  override name = "PipelineError";

  /** `options.cause` is what went wrong inside; the message is always the same. */
  constructor(options?: ErrorOptions) {
    super("Pipeline execution failed", options);
  }
}

/** The bytes are not a picture that can be decoded. */
export class ImageDecodeError extends Error {
  /** Name of the class, as `String(error)` gives it. */
  override name = "ImageDecodeError";
}

/** The picture has more pixels than the limit allows. */
export class ImageTooLargeError extends Error {
  /** Name of the class, as `String(error)` gives it. */
  override name = "ImageTooLargeError";
}

/** There is too much to do already; what was asked for may be asked for again. */
export class OverloadedError extends Error {
  /** Name of the class, as `String(error)` gives it. */
  override name = "OverloadedError";
}

/** A pipeline's definition cannot be used; the message is one sentence for people, and names the file. */
export class DefinitionError extends UserError {
  /** Name of the class, as `String(error)` gives it. */
  override name = "DefinitionError";
}

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
