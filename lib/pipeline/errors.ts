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
