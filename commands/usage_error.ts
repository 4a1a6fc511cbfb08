import { UserError } from "../lib/user_error.ts";

/** Thrown for what a person can mend; the message is all that is shown. */
export class UsageError extends UserError {}
