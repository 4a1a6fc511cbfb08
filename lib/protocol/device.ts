/**
 * What runs the detector.
 *
 * @module
 */

import * as v from "valibot";
import { text } from "./values.ts";

/** Schema of {@linkcode DeviceInUse}. */
export const DeviceInUseSchema = v.object({
  /** The processor, or what onnxruntime calls an execution provider. */
  name: v.picklist(["cpu", "webgpu", "cuda", "coreml", "dml"]),
  /** What it is in words and, if another was asked for or tried, why that is not used. */
  description: text,
});

/** What runs the detector. */
export type DeviceInUse = v.InferOutput<typeof DeviceInUseSchema>;
