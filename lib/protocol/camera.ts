/**
 * A camera that the server opens itself.
 *
 * @module
 */

import * as v from "valibot";
import { RuleCountsSchema, RuleViewSchema } from "./rule.ts";
import { StreamErrorSchema, StreamStateSchema } from "./session.ts";
import { count, duration, text, time, uuid } from "./values.ts";

/** Schema of a camera's id. */
export const CameraIdSchema = v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,40}$/));

/** Schema of {@linkcode CameraQuality}. */
export const CameraQualitySchema = v.object({
  /** `720p`, `480p` or `360p`. */
  level: v.picklist(["720p", "480p", "360p"]),
  /** Kilobits a second. */
  bitrate: count,
  /** Width and height in pixels, as `1280x720`. */
  resolution: text,
  /** Where its segments are, below `DATA_DIR`. */
  segment_path: text,
  /** Where its playlist is, below `DATA_DIR`. */
  playlist_path: text,
});

/** A quality in which the video of a camera can be played. */
export type CameraQuality = v.InferOutput<typeof CameraQualitySchema>;

/** Schema of {@linkcode CameraView}. */
export const CameraViewSchema = v.object({
  /** Lower-case letters, digits and hyphens; part of the camera's addresses. */
  id: CameraIdSchema,
  /** For people. */
  name: text,
  /** Its address, with `***` in place of a user, a password and the values of its query. */
  url: text,
  /** The pipeline that every frame runs through. */
  pipeline_id: text,
  /** Most frames a second that are looked at. */
  fps: v.pipe(v.number(), v.minValue(0.1), v.maxValue(60)),
  /** Whether it runs without clients too. */
  always: v.boolean(),
  /** What is to be noticed; see docs/events.md. */
  rules: v.array(RuleViewSchema),
  /** Whether it comes from `CAMERAS_FILE`, and cannot be changed over HTTP. */
  read_only: v.boolean(),
  /** Where it is in its life cycle. */
  state: StreamStateSchema,
  /** Whether somebody keeps it on or off, whoever looks at it, until it is told otherwise or changed; `null` for neither. */
  forced: v.nullable(v.picklist(["on", "off"])),
  /** Its session while it runs, as in `GET /sessions`; `null` otherwise. */
  session_id: v.nullable(uuid),
  /** Everyone who looks at it now, however. */
  client_count: count,
  /** When it was last used. */
  last_access: time,
  /** Errors since the server started. */
  error_count: count,
  /** The newest error; `null` when there was none. */
  last_error: v.nullable(StreamErrorSchema),
  /** When it is tried again; `null` unless it waits for that. */
  retry_at: v.nullable(time),
  /** Qualities in which its video is being made; empty while nobody plays it. */
  qualities: v.array(CameraQualitySchema),
  /** Frames a second that were answered, over the last seconds; 0 while it does not run. */
  answered_fps: v.pipe(v.number(), v.minValue(0)),
  /** Pixels of its source; `null` before it was opened. */
  width: v.nullable(count),
  /** Pixels of its source; `null` before it was opened. */
  height: v.nullable(count),
  /** Since it has been active without a break; 0 while it is not. */
  uptime_s: duration,
  /** How often it was started again after a failure, since the server started. */
  restarts: count,
  /** Frames that were dropped, since the server started. */
  dropped_frames: count,
});

/** A camera as sent to clients. */
export type CameraView = v.InferOutput<typeof CameraViewSchema>;

/** Schema of {@linkcode CameraList}. */
export const CameraListSchema = v.object({
  /** In the order of `CAMERAS_FILE`, then as they were added. */
  cameras: v.array(CameraViewSchema),
  /** Whether whoever asks may add, change, start, stop and remove cameras. */
  can_change: v.boolean(),
});

/** The answer of `GET /camera`. */
export type CameraList = v.InferOutput<typeof CameraListSchema>;

/** Schema of {@linkcode CameraCounts}. */
export const CameraCountsSchema = v.object({
  /** In the order of its rules. */
  counts: v.array(RuleCountsSchema),
});

/** The answer of `GET /camera/:id/counts`. */
export type CameraCounts = v.InferOutput<typeof CameraCountsSchema>;
