/** The longest that a test waits for one thing unless it says otherwise, in milliseconds. */
const LIMIT_MS = 120_000;

/**
 * Waits for something, but not for ever.
 *
 * @param what Names it in the failure, such as `"the server to close the connection"`
 * @throws {Error} If it takes longer
 */
export async function limited<T>(
  promise: Promise<T>,
  what: string,
  limitMs = LIMIT_MS,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`Waited in vain for ${what}`)), limitMs);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
