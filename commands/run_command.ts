/** Runs a command to its end, and tells what went wrong. */

import { reasonOf, UserError } from "../lib/user_error.ts";

/**
 * Runs a command and exits with its code, or with 2 after one line on standard error when it throws.
 *
 * A closed output, as with `| head`, is no failure.
 */
export async function runCommand(command: () => Promise<number>): Promise<never> {
  try {
    Deno.exit(await command());
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) Deno.exit(0);
    await reportError(error);
    Deno.exit(2);
  }
}

/**
 * Tells on standard error what went wrong, in one line.
 *
 * `LOG_LEVEL=debug` adds where the error comes from.
 */
export async function reportError(error: unknown): Promise<void> {
  // Where nobody reads it there is nobody to tell.
  await Deno.stderr.write(new TextEncoder().encode(describe(error))).catch(() => {});
}

function describe(error: unknown): string {
  const message = error instanceof UserError
    ? error.message
    : `Stopped by an unexpected error: ${reasonOf(error)}`;
  // Names of files and parts of a model can hold anything.
  const line = `livesyte: ${message.replaceAll(/\p{Cc}+/gu, " ")}\n`;
  return Deno.env.get("LOG_LEVEL") === "debug" ? `${line}${Deno.inspect(error)}\n` : line;
}
