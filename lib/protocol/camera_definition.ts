/**
 * What a camera is, as people write it down: in `CAMERAS_FILE`, and over HTTP.
 *
 * @module
 */

import * as v from "valibot";
import { CameraIdSchema } from "./camera.ts";
import { RuleSchema } from "./rule.ts";
import { count, text } from "./values.ts";

const nameOfCamera = v.pipe(v.string(), v.regex(/\S/), v.maxLength(80));
const address = v.pipe(v.string(), v.minLength(1), v.maxLength(2048));
const framesPerSecond = v.pipe(v.number(), v.minValue(0.1), v.maxValue(60));
const rules = v.pipe(v.array(RuleSchema), v.maxLength(100));

/** Schema of {@linkcode CameraDefinition}. */
export const CameraDefinitionSchema = v.strictObject({
  /** Lower-case letters, digits and hyphens, 40 at most; part of the camera's addresses. */
  id: CameraIdSchema,
  /** For people, 80 characters at most. */
  name: nameOfCamera,
  /** An `rtsp`, `rtsps`, `http`, `https` or `file` URL, or a device such as `/dev/video0` or `v4l2:/dev/video0`. */
  url: address,
  /** The pipeline that every frame runs through. */
  pipeline_id: text,
  /** Most frames a second that are looked at. */
  fps: v.optional(framesPerSecond, 10),
  /** Whether it runs without clients too. */
  always: v.optional(v.boolean(), false),
  /** What is to be noticed, 100 rules at most; see docs/events.md. */
  rules: v.optional(rules, []),
});

/** A camera to be added. */
export type CameraDefinition = v.InferOutput<typeof CameraDefinitionSchema>;

/** Schema of {@linkcode CameraChange}. */
export const CameraChangeSchema = v.strictObject({
  /** For people, 80 characters at most. */
  name: v.exactOptional(nameOfCamera),
  /** Its new address; the one that answers tell, with `***`, leaves it as it is. */
  url: v.exactOptional(address),
  /** The pipeline that every frame runs through. */
  pipeline_id: v.exactOptional(text),
  /** Most frames a second that are looked at. */
  fps: v.exactOptional(framesPerSecond),
  /** Whether it runs without clients too. */
  always: v.exactOptional(v.boolean()),
  /** What is to be noticed, in place of all rules that it has. */
  rules: v.exactOptional(rules),
});

/** What is to change of a camera; everything else stays. */
export type CameraChange = v.InferOutput<typeof CameraChangeSchema>;

/** Schema of {@linkcode CameraTrial}. */
export const CameraTrialSchema = v.strictObject({
  /** The address to open. */
  url: address,
  /** The camera whose address it is, where it holds `***` as answers tell it. */
  id: v.exactOptional(CameraIdSchema),
});

/** An address to be tried. */
export type CameraTrial = v.InferOutput<typeof CameraTrialSchema>;

/** Schema of {@linkcode CameraSeen}. */
export const CameraSeenSchema = v.object({
  /** Whether a frame came. */
  ok: v.literal(true),
  /** Pixels of the source. */
  width: count,
  /** Pixels of the source. */
  height: count,
  /** Frames a second, as the source says itself; `null` if it does not. */
  fps: v.nullable(v.pipe(v.number(), v.minValue(0))),
  /** Such as `h264`. */
  codec: text,
  /** Its first frame, a JPEG in Base64; it may be smaller than the source. */
  jpeg: text,
});

/** An address that was tried and gives frames. */
export type CameraSeen = v.InferOutput<typeof CameraSeenSchema>;

/** Schema of {@linkcode CameraUnseen}. */
export const CameraUnseenSchema = v.object({
  /** Whether a frame came. */
  ok: v.literal(false),
  /** Such as `unreachable`; see docs/cameras.md. */
  error: text,
  /** A sentence for people. */
  detail: text,
});

/** An address that was tried and gives no frames. */
export type CameraUnseen = v.InferOutput<typeof CameraUnseenSchema>;

/** Schema of {@linkcode CameraTested}. */
export const CameraTestedSchema = v.union([CameraSeenSchema, CameraUnseenSchema]);

/** The answer of `POST /camera/test`. */
export type CameraTested = v.InferOutput<typeof CameraTestedSchema>;
