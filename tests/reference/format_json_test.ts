import { expect } from "expect";
import fc from "fast-check";
import { formatJson } from "../../lib/reference/format_json.ts";

Deno.test("formatJson writes the value that it was given", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    // Text that goes over the wire tells no difference between 0 and -0.
    expect(JSON.parse(formatJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
  }));
});

Deno.test("formatJson keeps in one line what fits", () => {
  const point = { x: 1.5, y: [2, 3] };
  expect(formatJson(point)).toBe(`{ "x": 1.5, "y": [2, 3] }`);
  expect(formatJson({ title: "a".repeat(60), point })).toBe(
    `{\n  "title": "${"a".repeat(60)}",\n  "point": { "x": 1.5, "y": [2, 3] }\n}`,
  );
  expect(formatJson([{}, [], null, "", true])).toBe(`[{}, [], null, "", true]`);
});
