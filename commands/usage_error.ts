/** Thrown for what a person can mend; the message is all that is shown. */
export class UsageError extends Error {
  override name = "UsageError";
}
