import { JobConflictError } from "../errors.ts";

/** How often a change is made that others get ahead of. */
const MAX_ATTEMPTS = 20;

/**
 * Makes a change, and again from the beginning where others have changed the same job meanwhile.
 *
 * @throws What `change` throws for other reasons, and {JobConflictError} if that goes on and on
 */
export async function retryConflicts<T>(change: () => T | Promise<T>): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await change();
    } catch (error) {
      if (!(error instanceof JobConflictError) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}
