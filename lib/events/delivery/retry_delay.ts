/** How long an event is tried to be sent, in milliseconds: a day. */
export const MOST_FAILING_MS = 86_400_000;

/** Each wait is so many times as long as the one before. */
const FACTOR = 5;

/** The longest wait, in milliseconds: a receiver that was away for a night has its events within an hour. */
const LONGEST_MS = 3_600_000;

/**
 * How long to wait before an event is sent again: 1, 5, 25 … seconds, an hour at the most, and once more when a day has passed.
 *
 * @param failures How often sending it has failed, since the server started; 1 or more
 * @param failingMs For how long it has been failing, in milliseconds
 * @param firstMs The first wait, in milliseconds
 * @returns In milliseconds; `undefined` if a day has passed, and the event is given up
 */
export function retryDelay(
  failures: number,
  failingMs: number,
  firstMs = 1000,
): number | undefined {
  if (failingMs >= MOST_FAILING_MS) return undefined;
  // A clock that was set back does not make the wait longer than a day.
  const leftMs = MOST_FAILING_MS - Math.max(0, failingMs);
  return Math.min(firstMs * FACTOR ** (failures - 1), LONGEST_MS, leftMs);
}
