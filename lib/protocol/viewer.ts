/**
 * The messages of `WS /ws/video/watch` and `WS /ws/cameras/{id}`.
 *
 * @module
 */

import * as v from "valibot";
import { StreamErrorSchema, StreamStateSchema } from "./session.ts";
import { DropMessageSchema, ResultMessageSchema } from "./stream.ts";
import { text, time } from "./values.ts";

/** Schema of {@linkcode ViewerError}. */
export const ViewerErrorSchema = v.object({
  /** Also the reason of the close that follows. */
  error: v.picklist(["session_not_found", "camera_not_found"]),
  /** A sentence for people. */
  detail: text,
});

/** There is no such stream or camera to watch; the server closes with 1008. */
export type ViewerError = v.InferOutput<typeof ViewerErrorSchema>;

/** Schema of {@linkcode CameraStateMessage}. */
export const CameraStateMessageSchema = v.object({
  /** Where the camera is in its life cycle. */
  state: StreamStateSchema,
  /** Why it failed; `null` in every other state. */
  last_error: v.nullable(StreamErrorSchema),
  /** When it is tried again; `null` unless it has failed. */
  retry_at: v.nullable(time),
});

/** Sent to viewers of a camera at first and whenever its state changes; the connection stays open. */
export type CameraStateMessage = v.InferOutput<typeof CameraStateMessageSchema>;

/** Schema of {@linkcode ViewerMessage}. */
export const ViewerMessageSchema = v.union([
  ResultMessageSchema,
  DropMessageSchema,
  CameraStateMessageSchema,
  ViewerErrorSchema,
]);

/** Every text message that the server sends to a viewer of a stream or a camera. */
export type ViewerMessage = v.InferOutput<typeof ViewerMessageSchema>;
