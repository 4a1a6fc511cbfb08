/** Writes what commands print and keep. */

import { codeOf, reasonOf, UserError } from "../lib/user_error.ts";

/** Where a command writes to: a file, or one of the process's streams. */
export interface Output {
  /** Writes some of the bytes; gives how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/**
 * Writes a text to its end.
 *
 * @param name What is written to, for people
 * @throws {UserError} If it cannot be written, such as on a full disk
 * @throws {Deno.errors.BrokenPipe} If nobody reads it any more
 */
export async function writeOutput(output: Output, text: string, name: string): Promise<void> {
  let bytes = new TextEncoder().encode(text);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(await output.write(bytes));
  } catch (cause) {
    if (cause instanceof Deno.errors.BrokenPipe || codeOf(cause) === "EPIPE") throw cause;
    throw new UserError(`Cannot write to ${name}: ${reasonOf(cause)}`, { cause });
  }
}

/** Writes results where the next program, or a person, reads them. @throws As {@linkcode writeOutput} does. */
export async function print(text: string): Promise<void> {
  await writeOutput(Deno.stdout, text, "standard output");
}
