import { type Signal, signal } from "@preact/signals";
import { expect } from "expect";
import fc from "fast-check";
import { h } from "preact";
import { readProps, writeProps } from "../../../vendor/fresh/island_props.ts";

/** What a browser has of props: their literal, evaluated as a part of a script. */
function roundTrip(...props: unknown[]): Record<string, unknown>[] {
  return readProps(new Function(`return ${writeProps(props)}`)());
}

const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.string({ unit: "binary" }),
    fc.double(),
    fc.bigInt(),
    fc.constantFrom(undefined, null, true, false, -0, NaN, Infinity, "</script>", "\u2028<!--"),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array(),
    fc.array(tie("value")),
    fc.dictionary(fc.string().filter((key) => key !== "__proto__"), tie("value"), {
      noNullPrototype: true,
    }),
    fc.array(fc.tuple(tie("value"), tie("value"))).map((entries) => new Map(entries)),
    fc.uniqueArray(fc.string()).map((items) => new Set(items)),
  ),
})).value;

Deno.test("props are the same after they are read", () => {
  fc.assert(fc.property(values, (value) => {
    expect(roundTrip({ value })).toEqual([{ value }]);
  }));
});

Deno.test("a date that is none stays one", () => {
  // Equal to no other, as NaN is.
  expect(Number(roundTrip({ value: new Date(NaN) })[0]!.value)).toBeNaN();
});

Deno.test("a literal of props cannot end the script that it is in", () => {
  fc.assert(fc.property(values, (value) => {
    expect(writeProps([{ value }])).not.toMatch(/<|\u2028|\u2029/);
  }));
});

Deno.test("a signal that two islands have stays one", () => {
  const count = signal(7);
  const [first, second] = roundTrip({ count }, { nested: [count] });
  const read = first!.count as Signal<number>;
  expect(read.value).toBe(7);
  expect((second!.nested as unknown[])[0]).toBe(read);
  read.value = 8;
  expect(read.value).toBe(8);
});

Deno.test("objects that refer to themselves are kept", () => {
  const loop: Record<string, unknown> = { name: "loop" };
  loop.self = loop;
  const [props] = roundTrip({ loop });
  const read = props!.loop as Record<string, unknown>;
  expect(read.self).toBe(read);
});

Deno.test("functions, JSX and instances of classes are refused", () => {
  class Point {}
  for (const value of [() => {}, new Point(), h("p", null), { deep: [h("p", null)] }]) {
    expect(() => writeProps([{ value }])).toThrow();
  }
});
