/**
 * Lets a source work on the next value while the present one is in use.
 *
 * @module
 */

/** The same values; each is asked for before the one before it has been dealt with. */
export async function* prefetch<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  for (let next = source.next();;) {
    const { done, value } = await next;
    if (done) return;
    next = source.next();
    // It is reported when its turn comes, or by nobody if that never happens.
    next.catch(() => {});
    yield value;
  }
}
