import { expect } from "expect";
import fc from "fast-check";
import * as v from "valibot";
import { NAMED, type SchemaName } from "../../lib/http/openapi_schemas.ts";
import { arbitraryOf } from "./arbitrary.ts";
import { differences } from "./described.ts";

const NAMES = Object.keys(NAMED) as SchemaName[];

/** Whether the OpenAPI document describes a value by one of its schemas. */
function isDescribed(name: SchemaName, value: unknown): boolean {
  return differences(name, value).length === 0;
}

/** As it comes over the wire. */
function send(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

Deno.test("what the checks let through the OpenAPI document describes", () => {
  for (const name of NAMES) {
    fc.assert(
      fc.property(arbitraryOf(NAMED[name]), (value) => {
        const sent = send(value);
        expect([name, v.is(NAMED[name], sent), isDescribed(name, sent)]).toEqual([
          name,
          true,
          true,
        ]);
      }),
      { numRuns: 30 },
    );
  }
});

/** Puts something else in one place of a value, however deep. */
function spoil(value: unknown, path: number[], other: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof value !== "object" || value === null) return other;
  const keys = Object.keys(value);
  if (keys.length === 0) return other;
  const key = keys[step % keys.length] ?? "";
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = spoil(copy[key], rest, other);
  return copy;
}

Deno.test("what the checks refuse the OpenAPI document does not describe", () => {
  const path = fc.array(fc.nat(50), { minLength: 1, maxLength: 4 });
  const other = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constantFrom(-1, 1.5, 2, null, "", {}));
  let refused = 0;
  for (const name of NAMES) {
    fc.assert(
      fc.property(arbitraryOf(NAMED[name]), path, other, (value, place, wrong) => {
        const sent = send(spoil(value, place, wrong));
        if (v.is(NAMED[name], sent)) return;
        refused += 1;
        expect([name, sent, isDescribed(name, sent)]).toEqual([name, sent, false]);
      }),
      { numRuns: 50 },
    );
  }
  expect(refused).toBeGreaterThan(NAMES.length * 10);
});

Deno.test("a field that a newer server sends as well does no harm", () => {
  for (const name of NAMES.filter((each) => NAMED[each].type === "object")) {
    fc.assert(
      fc.property(arbitraryOf(NAMED[name]), (value) => {
        const sent = { ...send(value) as object, of_tomorrow: 1 };
        expect([name, v.is(NAMED[name], sent)]).toEqual([name, true]);
        expect([name, isDescribed(name, sent)]).toEqual([name, false]);
      }),
      { numRuns: 10 },
    );
  }
});
