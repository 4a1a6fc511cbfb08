import { expect } from "expect";
import fc from "fast-check";
import { FairTurns } from "../../lib/pipeline/fair_turns.ts";

function serve(turns: FairTurns, ready: string[]): string {
  const next = ready.reduce((best, id) => turns.of(id) < turns.of(best) ? id : best);
  turns.take(next);
  return next;
}

Deno.test("FairTurns goes round among those that are always ready", () => {
  const turns = new FairTurns();
  const served = Array.from({ length: 9 }, () => serve(turns, ["a", "b", "c"]));
  expect(served.join("")).toBe("abcabcabc");
});

Deno.test("FairTurns lets one that missed a turn go first, and one that was long away not take all", () => {
  const turns = new FairTurns();
  for (let count = 0; count < 50; count += 1) serve(turns, ["a", "b"]);
  serve(turns, ["c"]);
  for (let count = 0; count < 50; count += 1) serve(turns, ["a", "b"]);
  const served = Array.from({ length: 12 }, () => serve(turns, ["a", "b", "c"])).join("");
  expect(served.startsWith("cc")).toBe(true);
  expect(served.replaceAll(/[^c]/g, "").length).toBeLessThanOrEqual(3 + 4);
});

Deno.test("FairTurns starves nobody, whoever else is ready", () => {
  fc.assert(
    fc.property(
      fc.array(fc.subarray(["b", "c", "d", "e"]), { minLength: 40, maxLength: 200 }),
      (others) => {
        const turns = new FairTurns();
        let waited = 0;
        for (const ready of others) {
          waited = serve(turns, [...ready, "a"]) === "a" ? 0 : waited + 1;
          // Four others, each with its turn and its credit.
          expect(waited).toBeLessThanOrEqual(4 * 5);
        }
      },
    ),
  );
});

Deno.test("FairTurns forgets the sessions of the past", () => {
  const turns = new FairTurns();
  for (let session = 0; session < 10_000; session += 1) serve(turns, [`session ${session}`, "a"]);
  expect(turns.size).toBeLessThanOrEqual(256);
});
