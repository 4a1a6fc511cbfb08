import { ImageDecodeError, ImageTooLargeError } from "../image/errors.ts";
import type { WorkerFailure } from "../workers/worker_messages.ts";

/**
 * Describes to the main thread the error that a task with an image ended with.
 *
 * @returns `kind`: whose fault it was, that of the image (`undecodable`), of its size (`too_large`, whose message is fit for
 * clients), or of the pipeline (`internal`)
 */
export function describeImageError(error: unknown): Omit<WorkerFailure, "type"> {
  const inner = error instanceof ImageDecodeError ? error.cause ?? error : error;
  const message = inner instanceof Error ? inner.message : String(inner);
  if (error instanceof ImageDecodeError) return { kind: "undecodable", message };
  if (error instanceof ImageTooLargeError) return { kind: "too_large", message };
  return { kind: "internal", message };
}
