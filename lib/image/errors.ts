/** What can be wrong with an image. */

import { NamedError } from "../named_error.ts";

/** The bytes are not an image that can be decoded. */
export class ImageDecodeError extends NamedError {}

/** The image has more pixels than the limit allows. */
export class ImageTooLargeError extends NamedError {}
