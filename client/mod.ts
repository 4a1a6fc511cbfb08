/**
 * A client for livesyte, the self-hosted real-time vision server: streams of frames, viewers, events, single images and video jobs.
 * It runs in browsers, Deno, Bun and Node, and needs no other package.
 *
 * @example
 * ```ts
 * import { readFile } from "node:fs/promises";
 * import { Livesyte } from "livesyte-client";
 *
 * const stream = new Livesyte("http://127.0.0.1:8000").connect("yolo_only");
 * await stream.send(await readFile("dog.jpg"));
 * for await (const { frame_index, result } of stream) {
 *   console.log(frame_index, result.detections);
 *   stream.close();
 * }
 * ```
 *
 * @module
 */

export type { ConnectionEvents, ConnectionOptions } from "./connection.ts";
export type { EventStreamOptions } from "./event_stream.ts";
export {
  type ConnectOptions,
  Livesyte,
  type LivesyteOptions,
  type SubmitOptions,
  type WatchOptions,
} from "./livesyte.ts";
export type { StreamErrorCode, StreamFailure, StreamFailureCode } from "./failure.ts";
export { LivesyteError, type LivesyteErrorCode } from "./livesyte_error.ts";
export {
  type FrameCounts,
  type Jpeg,
  Stream,
  type StreamOptions,
  type StreamResult,
} from "./stream.ts";
export { type ViewedResult, Viewer, type ViewerOptions } from "./viewer.ts";
export type * from "./messages.ts";
