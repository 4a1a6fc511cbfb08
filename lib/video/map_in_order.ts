/**
 * Works on several values at once.
 *
 * @module
 */

/**
 * Maps the values of a source, in their order, several at once. However it ends, no work is left running.
 *
 * @param atOnce Most values that have been taken from the source and not yet been passed on, from 1; asked each time
 * @throws What the source or `map` throws, when all values before have been given on
 */
export async function* mapInOrder<T, R>(
  source: AsyncGenerator<T>,
  atOnce: () => number,
  map: (value: T) => Promise<R>,
): AsyncGenerator<R> {
  const takeNext = async () => {
    const { done, value } = await source.next();
    return done ? undefined : { mapped: await map(value) };
  };
  const started: ReturnType<typeof takeNext>[] = [];
  try {
    for (;;) {
      while (started.length < atOnce()) {
        const next = takeNext();
        // It is reported when its turn comes, or not at all if that never happens.
        next.catch(() => {});
        started.push(next);
      }
      const first = await started.shift();
      if (first === undefined) return;
      yield first.mapped;
    }
  } finally {
    await Promise.allSettled(started);
  }
}
