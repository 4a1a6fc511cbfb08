/**
 * Errors for whoever starts the program.
 *
 * @module
 */

import { NamedError } from "./named_error.ts";

/**
 * Something that whoever started the program can mend.
 *
 * The message is one line for people, and all that they are shown; what went wrong inside is in `cause`.
 */
export class UserError extends NamedError {}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "permission is denied",
  EEXIST: "a file is in its place",
  EISDIR: "it is a folder",
  ELOOP: "its links lead in a circle",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "the path is too long",
  ENOENT: "there is no such file or folder",
  ENOSPC: "the disk is full",
  ENOTDIR: "a file is where a folder should be",
  EDQUOT: "the disk is full",
  EPERM: "permission is denied",
  EROFS: "the file system is read-only",
};

/** The system's code of an error, such as `ENOENT`; empty where it has none. */
export function codeOf(error: unknown): string {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : "";
  return typeof code === "string" ? code : "";
}

/** Whether an error says that a disk, or somebody's share of it, is full. */
export function isDiskFull(error: unknown): boolean {
  return REASONS[codeOf(error)] === REASONS.ENOSPC;
}

/** Why something failed, as the end of a sentence; the first line of the error where the system's code says nothing. */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) return "Deno was started without permission for it";
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  return REASONS[codeOf(error)] ?? line;
}
