/** Reads the images of a folder for commands that cannot go on without one of them. @module */

import { ImageDecodeError, ImageTooLargeError } from "../lib/image/errors.ts";
import { reasonOf } from "../lib/user_error.ts";
import { UsageError } from "./usage_error.ts";

/** Reads an image file. @throws {UsageError} If that fails */
export async function readImageFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return await Deno.readFile(path).catch((cause) => {
    throw new UsageError(`Cannot read ${path}: ${reasonOf(cause)}`, { cause });
  });
}

/** An error of decoding an image file, for people; any other error stays as it is. */
export function explainImageError(path: string, cause: unknown): unknown {
  if (cause instanceof ImageTooLargeError) {
    return new UsageError(`Cannot read ${path}: ${cause.message}`, { cause });
  }
  if (!(cause instanceof ImageDecodeError)) return cause;
  const reason = "it is not a JPEG, PNG or WebP image, or it is damaged";
  return new UsageError(`Cannot read ${path}: ${reason}`, { cause });
}
