/** What keeps the server from listening, for people. */

import { codeOf, reasonOf } from "../lib/user_error.ts";
import { UsageError } from "./usage_error.ts";

/** Describes an error of `Deno.listen` or `Deno.serve`. */
export function toListenError(
  error: unknown,
  { hostname, port }: { hostname: string; port: number },
): UsageError {
  return new UsageError(`Cannot listen on ${describe(error, hostname, port)}`, { cause: error });
}

function describe(error: unknown, hostname: string, port: number): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return `port ${port}: it is in use. Stop the other program, or set PORT to another number`;
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return `port ${port}: ports below 1024 are for the superuser`;
  }
  // A name that cannot be looked up, or is none, has no code.
  const isCoded = codeOf(error) !== "" && !(error instanceof Deno.errors.AddrNotAvailable);
  return `HOST ${hostname}: ${isCoded ? reasonOf(error) : "it is not an address of this machine"}`;
}
