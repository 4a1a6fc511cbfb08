import { expect } from "expect";
import { ObjectCounts } from "../../../lib/events/mqtt/object_counts.ts";

const all = () => true;

Deno.test("only changes count as such, and what is gone is 0", () => {
  const counts = new ObjectCounts();
  counts.expect("door", ["person"]);
  expect(counts.of("door")).toEqual(new Map([["person", 0]]));
  expect(counts.note("door", new Map(), all)).toBe(false);
  expect(counts.note("door", new Map([["person", 2], ["dog", 1]]), all)).toBe(true);
  expect(counts.note("door", new Map([["dog", 1], ["person", 2]]), all)).toBe(false);
  expect(counts.note("door", new Map([["dog", 1]]), all)).toBe(true);
  expect(counts.of("door")).toEqual(new Map([["person", 0], ["dog", 1]]));
  expect(counts.of("yard")).toEqual(new Map());
});

Deno.test("classes that nobody asks for are left out, and there are not too many", () => {
  const counts = new ObjectCounts();
  expect(counts.note("door", new Map([["dog", 1]]), (label) => label === "person")).toBe(false);
  const many = Array.from({ length: 2000 }, (_, index): [string, number] => [`class ${index}`, 1]);
  counts.note("door", new Map(many), all);
  expect(counts.of("door").size).toBe(500);
  counts.keep("door", (label) => label === "class 7");
  expect(counts.of("door")).toEqual(new Map([["class 7", 1]]));
  counts.forget("door");
  expect(counts.of("door").size).toBe(0);
});
