/** What can be wrong with an image. */

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
