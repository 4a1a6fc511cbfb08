import { expect } from "expect";
import * as v from "valibot";
import { namedSchemas, querySchema } from "../../lib/http/openapi_schemas.ts";
import type { Schema } from "../../lib/reference/open_api_document.ts";
import { JobViewSchema } from "../../lib/protocol/job.ts";
import { PipelineResultSchema } from "../../lib/protocol/result.ts";
import { CLOSE_CODES } from "../../lib/protocol/stream.ts";
import { readFieldComments } from "../../tools/field_comments.ts";

const PROTOCOL = await Deno.readTextFile(new URL("../../docs/protocol.md", import.meta.url));

/** Fields that speak for themselves: the counts of jobs by status and age. */
const PLAIN = /^JobsSummary\.(by_status|ages)\./;

/** Paths of the fields that nothing is said about. */
function undescribed(name: string, schema: Schema): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([field, property]) => {
    if (typeof property === "boolean") return [];
    const path = `${name}.${field}`;
    const inner = [property, property.items, ...property.anyOf ?? []].flat()
      .filter((each) => typeof each === "object");
    const missing = property.description === undefined && !PLAIN.test(path) ? [path] : [];
    return [...missing, ...inner.flatMap((each) => undescribed(path, each))];
  });
}

Deno.test("every schema and every field of it is described", () => {
  const schemas = namedSchemas();
  expect(Object.keys(schemas).length).toBeGreaterThan(30);
  for (const [name, schema] of Object.entries(schemas)) {
    expect([name, typeof schema.description]).toEqual([name, "string"]);
    expect(undescribed(name, schema)).toEqual([]);
  }
  expect(undescribed("ResultsQuery", querySchema("ResultsQuery"))).toEqual([]);
  // One that is not would be noticed.
  expect(undescribed("X", { properties: { y: { items: { properties: { z: {} } } } } }))
    .toEqual(["X.y", "X.y.z"]);
});

Deno.test("comments are read with their paths, over lines, and with those of entries taken over", () => {
  const source = `/** A module. */
/** Schema of {@linkcode Dog}. */
export const DogSchema = v.object({
  ...AnimalSchema.entries,
  /**
   * What it says; see
   * {@linkcode Bark}.
   */
  bark: text,
  unknown: text,
  owner: v.nullable(v.object({
    /** For people. */
    name,
  })),
  /** Years. */
  age: count,
});

/** A dog. */
export type Dog = v.InferOutput<typeof DogSchema>;

/** Schema of an animal. */
export const AnimalSchema = v.object({
  /** 4 mostly. */
  legs: count,
});
`;
  expect(readFieldComments(source)).toEqual({
    Dog: {
      "": "A dog.",
      legs: "4 mostly.",
      bark: "What it says; see `Bark`.",
      "owner.name": "For people.",
      age: "Years.",
    },
    Animal: { "": "Schema of an animal.", legs: "4 mostly." },
  });
});

Deno.test("the examples of the protocol's page are as their schemas say", () => {
  const examples = Array.from(
    PROTOCOL.matchAll(/```json\n([\s\S]*?)```/g),
    ([, json = ""]) => JSON.parse(json),
  );
  const [result, job] = examples;
  expect(examples).toHaveLength(2);
  expect(v.is(PipelineResultSchema, result)).toBe(true);
  expect(v.is(JobViewSchema, job)).toBe(true);
  // They show every field.
  expect(Object.keys(result).sort()).toEqual(Object.keys(PipelineResultSchema.entries).sort());
  expect(Object.keys(job).sort()).toEqual(Object.keys(JobViewSchema.entries).sort());
});

Deno.test("the protocol's page has every error code of streams with its close code", () => {
  const rows = PROTOCOL.matchAll(/^\| `(\w+)` +\|.*\| (\d{4}) +\|$/gm);
  const documented = Object.fromEntries(
    Array.from(rows, ([, code, close]) => [code, Number(close)]),
  );
  expect(documented).toEqual(CLOSE_CODES);
});

Deno.test("links from one schema to another lead to its table", async () => {
  const documents: Record<string, string> = {};
  for (const name of ["protocol.md", "endpoints.md"]) {
    documents[name] = await Deno.readTextFile(new URL(`../../docs/${name}`, import.meta.url));
  }
  let links = 0;
  for (const [name, text] of Object.entries(documents)) {
    for (const [, file, anchor] of text.matchAll(/\]\((protocol\.md|endpoints\.md|)#(\w+)\)/g)) {
      const headings = documents[file || name]?.matchAll(/^### (\w+)$/gm) ?? [];
      const anchors = Array.from(headings, ([, heading = ""]) => heading.toLowerCase());
      expect([name, anchor, anchors.includes(anchor ?? "")]).toEqual([name, anchor, true]);
      links += 1;
    }
  }
  expect(links).toBeGreaterThan(30);
});
