/** What can be wrong with an image. */

import { NamedError } from "../named_error.ts";

/** The bytes are not a picture that can be decoded. */
export class ImageDecodeError extends NamedError {}

/** The picture has more pixels than the limit allows. */
export class ImageTooLargeError extends NamedError {}
