import { expect } from "expect";
import { describeFields } from "../../lib/reference/describe_fields.ts";
import { describeType } from "../../lib/reference/describe_type.ts";
import type { Schema } from "../../lib/reference/open_api_document.ts";

/** A type as one text. */
function words(schema: Schema): string {
  return describeType(schema).map(({ text }) => text).join("");
}

Deno.test("describeType says in words what a value may be", () => {
  expect(words({ type: "integer", minimum: 0 })).toBe("whole number from 0");
  expect(words({ type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER }))
    .toBe("whole number from 0");
  expect(words({ type: "number", minimum: 0, maximum: 1 })).toBe("number from 0 to 1");
  expect(words({ type: "string", format: "date-time" })).toBe("time");
  expect(words({ type: "string", format: "e-mail" })).toBe("text");
  expect(words({ enum: ["a", "b"] })).toBe("a, b");
  expect(words({ anyOf: [{ $ref: "#/components/schemas/Point" }, { type: "null" }] }))
    .toBe("Point or null");
  expect(words({ prefixItems: [{ type: "number" }, { type: "number" }] })).toBe("2 × number");
  expect(words({ type: "array", items: { type: "boolean" } })).toBe("list of true or false");
  expect(words({ type: "object", additionalProperties: { type: "string" } }))
    .toBe("object of text");
  expect(words({})).toBe("anything");
  expect(describeType({ const: "ping" })).toEqual([{ kind: "value", text: "ping" }]);
  expect(describeType({ $ref: "#/components/schemas/Pong" }))
    .toEqual([{ kind: "schema", text: "Pong" }]);
});

Deno.test("describeFields goes into objects that have no name, in lists and beside null too", () => {
  const inner: Schema = { type: "object", properties: { id: { type: "string" } } };
  const rows = describeFields({
    type: "object",
    required: ["video"],
    properties: {
      video: { anyOf: [inner, { type: "null" }], description: "What it is." },
      nodes: { type: "array", items: inner },
      point: { $ref: "#/components/schemas/Point" },
    },
  });
  expect(rows.map(({ path, isOptional, meaning }) => [path, isOptional, meaning])).toEqual([
    ["video", false, "What it is."],
    ["video.id", true, ""],
    ["nodes", true, ""],
    ["nodes[].id", true, ""],
    ["point", true, ""],
  ]);
});
