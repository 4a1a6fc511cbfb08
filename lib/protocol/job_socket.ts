/**
 * The messages of `WS /ws/jobs/:id`.
 *
 * @module
 */

import * as v from "valibot";
import { JobViewSchema } from "./job.ts";
import { text } from "./values.ts";

/** Schema of {@linkcode JobSocketError}. */
export const JobSocketErrorSchema = v.object({
  /** Also the reason of the close that follows. */
  error: v.literal("job_not_found"),
  /** A sentence for people. */
  detail: text,
});

/** There is no such job, or it has been removed; the server closes with 1008. */
export type JobSocketError = v.InferOutput<typeof JobSocketErrorSchema>;

/** Schema of {@linkcode Ping}. */
export const PingSchema = v.object({
  /** Asks for a pong. */
  type: v.literal("ping"),
});

/** The only message that clients send. */
export type Ping = v.InferOutput<typeof PingSchema>;

/** Schema of {@linkcode Pong}. */
export const PongSchema = v.object({
  /** Answers a ping. */
  type: v.literal("pong"),
});

/** The answer to a {@linkcode Ping}. */
export type Pong = v.InferOutput<typeof PongSchema>;

/** Schema of {@linkcode JobMessage}. */
export const JobMessageSchema = v.union([
  JobViewSchema,
  JobSocketErrorSchema,
  PongSchema,
]);

/** Every message that the server sends: the job at once and after every change, an error, or the answer to a ping. */
export type JobMessage = v.InferOutput<typeof JobMessageSchema>;
