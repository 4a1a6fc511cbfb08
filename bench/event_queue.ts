/** Things that happen at times which are only counted. */

interface Event {
  atMs: number;
  happen(): void;
}

/** A binary heap of events: the next one is at its top. */
export class EventQueue {
  readonly #heap: Event[] = [];
  #nowMs = 0;

  /** The time. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Lets something happen after a while. */
  add(afterMs: number, happen: () => void): void {
    const event = { atMs: this.#nowMs + afterMs, happen };
    const heap = this.#heap;
    let index = heap.length;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above] as Event;
      if (parent.atMs <= event.atMs) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = event;
  }

  /** Lets everything happen up to a time. */
  run(endMs: number): void {
    for (let next = this.#take(); next !== undefined && next.atMs <= endMs; next = this.#take()) {
      this.#nowMs = next.atMs;
      next.happen();
    }
  }

  #take(): Event | undefined {
    const heap = this.#heap;
    const [top] = heap;
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return top;
    let index = 0;
    while (true) {
      let below = 2 * index + 1;
      const [left, right] = [heap[below], heap[below + 1]];
      if (left === undefined) break;
      if (right !== undefined && right.atMs < left.atMs) below += 1;
      const child = heap[below] as Event;
      if (child.atMs >= last.atMs) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = last;
    return top;
  }
}
