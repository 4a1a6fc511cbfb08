/** Values that wait for whoever iterates over them. */
export class AsyncQueue<Value> implements AsyncIterableIterator<Value, undefined> {
  readonly #values: Value[] = [];
  readonly #takers: {
    resolve: (result: IteratorResult<Value, undefined>) => void;
    reject: (error: Error) => void;
  }[] = [];
  readonly #onTake: () => void;
  readonly #onReturn: () => void;
  #end: { error: Error | null } | null = null;

  /**
   * Makes an empty queue.
   *
   * @param on.take Called after a value was taken.
   * @param on.leave Called when a loop is left before the end.
   */
  constructor({ take, leave }: { take: () => void; leave: () => void }) {
    this.#onTake = take;
    this.#onReturn = leave;
  }

  /** Number of values that wait. */
  get size(): number {
    return this.#values.length;
  }

  /** Adds a value, unless the queue has ended. */
  push(value: Value): void {
    if (this.#end !== null) return;
    const taker = this.#takers.shift();
    if (taker === undefined) this.#values.push(value);
    else taker.resolve({ done: false, value });
  }

  /** Forgets the value that waits longest. */
  dropOldest(): void {
    this.#values.shift();
  }

  /** Takes no more values; iterating ends after those that wait, with the error if there is one. */
  end(error: Error | null = null): void {
    if (this.#end !== null) return;
    this.#end = { error };
    for (const { resolve, reject } of this.#takers.splice(0)) {
      if (error === null) resolve({ done: true, value: undefined });
      else reject(error);
    }
  }

  /** The next value, as soon as there is one. */
  next(): Promise<IteratorResult<Value, undefined>> {
    const value = this.#values.shift();
    if (value !== undefined) {
      this.#onTake();
      return Promise.resolve({ done: false, value });
    }
    if (this.#end === null) {
      return new Promise((resolve, reject) => this.#takers.push({ resolve, reject }));
    }
    return this.#end.error === null
      ? Promise.resolve({ done: true, value: undefined })
      : Promise.reject(this.#end.error);
  }

  /** Called when a loop is left before the end. */
  return(): Promise<IteratorResult<Value, undefined>> {
    this.#onReturn();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Itself: all who iterate share the values. */
  [Symbol.asyncIterator](): this {
    return this;
  }
}
