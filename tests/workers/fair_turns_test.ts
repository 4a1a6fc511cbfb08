import { expect } from "expect";
import fc from "fast-check";
import { FairTurns } from "../../lib/workers/fair_turns.ts";

/** Those who wait, in the order in which they came. */
class Line {
  readonly turns = new FairTurns();
  readonly #due = new Map<string, number>();

  constructor(...ids: string[]) {
    for (const id of ids) this.add(id);
  }

  get size(): number {
    return this.#due.size;
  }

  add(id: string): void {
    if (!this.#due.has(id)) this.#due.set(id, this.turns.dueFor(id));
  }

  /** Serves one, and lets those who come again wait anew. */
  serve(comesAgain: (id: string) => boolean = () => true): string {
    const [next] = [...this.#due].reduce((best, each) => each[1] < best[1] ? each : best);
    this.turns.take(next, this.#due.get(next) ?? NaN);
    this.#due.delete(next);
    if (comesAgain(next)) this.add(next);
    return next;
  }
}

Deno.test("FairTurns goes round among those that are always ready", () => {
  const line = new Line("a", "b", "c");
  const served = Array.from({ length: 9 }, () => line.serve());
  expect(served.join("")).toBe("abcabcabc");
});

Deno.test("FairTurns lets one that missed a turn go first, and one that was long away not take all", () => {
  const line = new Line("a", "b", "c");
  for (let count = 0; count < 50; count += 1) line.serve((id) => id !== "c");
  line.add("c");
  const served = Array.from({ length: 12 }, () => line.serve()).join("");
  expect(served.startsWith("ccc")).toBe(true);
  expect(served.replaceAll(/[^c]/g, "").length).toBeLessThanOrEqual(3 + 4);
});

Deno.test("FairTurns starves nobody, whoever else is ready", () => {
  fc.assert(
    fc.property(
      fc.array(fc.subarray(["b", "c", "d", "e"]), { minLength: 40, maxLength: 200 }),
      (others) => {
        const line = new Line("a");
        let waited = 0;
        for (const coming of others) {
          for (const id of coming) line.add(id);
          waited = line.serve((id) => id === "a") === "a" ? 0 : waited + 1;
          // Four others, each with its turn and its credit.
          expect(waited).toBeLessThanOrEqual(4 * 5);
        }
      },
    ),
  );
});

Deno.test("FairTurns starves nobody who stays, however many others come and go", () => {
  const line = new Line("a");
  let waited = 0;
  for (let newcomer = 0; newcomer < 1000; newcomer += 1) {
    while (line.size < 6) line.add(`newcomer ${newcomer} of ${line.size}`);
    waited = line.serve((id) => id === "a") === "a" ? 0 : waited + 1;
    expect(waited).toBeLessThanOrEqual(6);
  }
});

Deno.test("FairTurns forgets the sessions of the past", () => {
  const line = new Line("a");
  for (let session = 0; session < 10_000; session += 1) {
    line.add(`session ${session}`);
    line.serve((id) => id === "a");
  }
  expect(line.turns.size).toBeLessThanOrEqual(256);
});
