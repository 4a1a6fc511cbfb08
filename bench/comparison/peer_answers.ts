/**
 * What a peer answers: one line of JSON for each line that it is given; see `bench/peers/peer.py`.
 *
 * @module
 */

import * as v from "valibot";
import { cutText } from "../../lib/cut_text.ts";
import { UserError } from "../../lib/user_error.ts";

/** A peer cannot be had, or does not do what it is asked for; the message is one line for people. */
export class PeerError extends UserError {}

/** What a peer is, or why it cannot be had on this machine. */
export const DescriptionSchema = v.union([
  v.object({
    version: v.string(),
    /** Names of the classes that a detector finds, by their index. */
    labels: v.exactOptional(v.array(v.string()), []),
  }),
  v.object({ unavailable: v.string() }),
]);

/** How long frames took. */
export const MeasurementSchema = v.object({
  /** Of each frame, in milliseconds. */
  ms: v.array(v.number()),
  /** What the cores have worked for all of them together, in milliseconds. */
  cpu_ms: v.number(),
});

/** How long frames took. */
export type Measurement = v.InferOutput<typeof MeasurementSchema>;

/** What a detector found. */
export const DetectionsSchema = v.object({
  /** Width and height of the image, in pixels. */
  size: v.tuple([v.number(), v.number()]),
  /** Each its class, its confidence, and its left, top, width and height in pixels of the image. */
  detections: v.array(
    v.tuple([v.number(), v.number(), v.number(), v.number(), v.number(), v.number()]),
  ),
});

/** What a reader read: the text of each line. */
export const ReadingSchema = v.object({ texts: v.array(v.string()) });

/** Any of the schemas above. */
export type AnswerSchema = v.BaseSchema<unknown, unknown, v.BaseIssue<unknown>>;

/**
 * Reads a line that a peer has answered.
 *
 * @param name What the peer is called, for messages
 * @throws {PeerError} If the line is anything else than what the schema says
 */
export function parseAnswer<Schema extends AnswerSchema>(
  schema: Schema,
  line: string,
  name: string,
): v.InferOutput<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // It is told what the line was.
  }
  const { success, output } = v.safeParse(schema, value);
  if (success) return output;
  const shown = JSON.stringify(cutText(line, 60));
  throw new PeerError(`Cannot understand ${name}: it answered ${shown}`);
}
