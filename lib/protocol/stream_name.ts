/**
 * What clients call their streams.
 *
 * @module
 */

import * as v from "valibot";

/** Characters that no name has: control characters, breaks of lines, and those that turn the direction of text. */
const REFUSED = String.raw`\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069`;

/** Schema of a name: 1 to 80 characters of one line, of which the first is no space. */
export const StreamNameSchema = v.pipe(
  v.string(),
  v.regex(
    new RegExp(String.raw`^[^\s${REFUSED}][^${REFUSED}]{0,79}$`),
    "1 to 80 characters of one line, the first no space",
  ),
);

/** Schema of {@linkcode RenameMessage}. */
export const RenameMessageSchema = v.strictObject({
  /** 1 to 80 characters of one line, of which the first is no space. */
  name: StreamNameSchema,
});

/** The only text message that a client may send on its stream: what that is called from now on. */
export type RenameMessage = v.InferOutput<typeof RenameMessageSchema>;
