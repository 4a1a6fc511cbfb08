/**
 * What the rules of a camera count.
 *
 * @module
 */

import * as v from "valibot";
import { count, text } from "./values.ts";

/** Schema of {@linkcode CameraCounts}. */
export const CameraCountsSchema = v.object({
  /** One for each rule, in their order. */
  counts: v.array(v.object({
    /** Id of the rule. */
    rule_id: text,
    /** Objects that are in the zone now. */
    inside: count,
    /** Crossings of the line to its right-hand side, since the camera was turned on. */
    in: count,
    /** Crossings to the other side. */
    out: count,
    /** Events since the camera was turned on. */
    events: count,
  })),
});

/** The answer of `GET /camera/:id/counts`. */
export type CameraCounts = v.InferOutput<typeof CameraCountsSchema>;
