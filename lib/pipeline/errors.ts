/** The errors that the pipeline's callers tell apart. */

/**
 * A pipeline failed on a frame.
 *
 * The message is fit for clients; what went wrong inside is in `cause`, for logs only.
 */
export class PipelineError extends Error {
  override name = "PipelineError";

  constructor(options?: ErrorOptions) {
    super("Pipeline execution failed", options);
  }
}

/** The bytes are not a picture that can be decoded. */
export class ImageDecodeError extends Error {
  override name = "ImageDecodeError";
}

/** The picture has more pixels than the limit allows. */
export class ImageTooLargeError extends Error {
  override name = "ImageTooLargeError";
}

/** A pipeline's definition cannot be used; the message is one sentence for people, and names the file. */
export class DefinitionError extends Error {
  override name = "DefinitionError";
}

/** A model cannot be had or used; the message is one sentence for people, and says what to do. */
export class ModelError extends Error {
  override name = "ModelError";
}

/** A model could not be fetched. */
export class ModelFetchError extends ModelError {
  override name = "ModelFetchError";
}

/** A model file is not there. */
export class ModelNotFoundError extends ModelError {
  override name = "ModelNotFoundError";
}

/** No decoder here can read a model's outputs. */
export class UnknownHeadError extends ModelError {
  override name = "UnknownHeadError";
}
