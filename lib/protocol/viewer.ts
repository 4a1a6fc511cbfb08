/**
 * The messages of `WS /ws/video/watch`.
 *
 * @module
 */

import * as v from "valibot";
import { DropMessageSchema, ResultMessageSchema } from "./stream.ts";
import { text } from "./values.ts";

/** Schema of {@linkcode ViewerError}. */
export const ViewerErrorSchema = v.object({
  /** Also the reason of the close that follows. */
  error: v.literal("session_not_found"),
  /** A sentence for people. */
  detail: text,
});

/** There is no such stream to watch; the server closes with 1008. */
export type ViewerError = v.InferOutput<typeof ViewerErrorSchema>;

/** Schema of {@linkcode ViewerMessage}. */
export const ViewerMessageSchema = v.union([
  ResultMessageSchema,
  DropMessageSchema,
  ViewerErrorSchema,
]);

/** Every text message that the server sends to a viewer of a stream. */
export type ViewerMessage = v.InferOutput<typeof ViewerMessageSchema>;
