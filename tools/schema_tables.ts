/**
 * Tables of the schemas in `docs/`, made from the OpenAPI document's schemas.
 *
 * @module
 */

import { namedSchemas, type Schema } from "../lib/http/openapi_schemas.ts";

/** Where a table of `docs/protocol.md` stands, between its comments. */
const PLACE = /(<!-- schema (\w+), made by `deno task docs` -->\n)[\s\S]*?(<!-- end of \w+ -->)/g;

/** Fills the places for tables in a document. @throws {Error} If there is no schema of a place's name */
export function fillTables(document: string): string {
  const here = tablesIn(document);
  const link = (name: string) => linkTo(name, here.has(name) ? "" : "endpoints.md");
  return document.replaceAll(
    PLACE,
    (_, begin, name, end) => `${begin}\n${describeSchema(name, link)}\n\n${end}`,
  );
}

/** A link to the table of a schema, in Markdown. */
export type Link = (name: string) => string;

/** Makes links for a document that has tables of those schemas that `protocol`, `docs/protocol.md`, has not. */
export function linksBeside(protocol: string): Link {
  const there = tablesIn(protocol);
  return (name) => linkTo(name, there.has(name) ? "protocol.md" : "");
}

/** Describes every schema that `docs/protocol.md` has no table of. */
export function describeOtherSchemas(protocol: string): string {
  const there = tablesIn(protocol);
  return Object.keys(namedSchemas()).filter((name) => !there.has(name))
    .map((name) => describeSchema(name, linksBeside(protocol))).join("\n\n");
}

function tablesIn(document: string): Set<string> {
  return new Set(Array.from(document.matchAll(PLACE), ([, , name = ""]) => name));
}

function linkTo(name: string, document: string): string {
  return `[${name}](${document}#${name.toLowerCase()})`;
}

function describeSchema(name: string, link: Link): string {
  const schema = namedSchemas()[name];
  if (schema === undefined) throw new Error(`Cannot find a schema named ${name}`);
  const rows = describeFields(schema, link);
  const table = ["| field | type | meaning |", "| --- | --- | --- |", ...rows].join("\n");
  const shape = rows.length > 0 ? table : `${capitalize(describeType(schema, link))}.`;
  return [`### ${name}`, schema.description, shape].filter((part) => part !== undefined)
    .join("\n\n");
}

/** A row for each field, also of those objects within that have no name of their own. */
function describeFields(schema: Schema, link: Link, prefix = ""): string[] {
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties).flatMap(([name, property]) => {
    if (typeof property === "boolean") return [];
    const optional = required.includes(name) ? "" : ", optional";
    const path = prefix + name;
    const row = `| \`${path}\` | ${describeType(property, link)}${optional} | ${
      property.description ?? ""
    } |`;
    const list = property.items;
    const isList = typeof list === "object" && !Array.isArray(list);
    const inner = isList ? list : property.anyOf?.[0] ?? property;
    return typeof inner === "object"
      ? [row, ...describeFields(inner, link, `${path}${isList ? "[]" : ""}.`)]
      : [row];
  });
}

function describeType(schema: Schema | boolean, link: Link): string {
  if (typeof schema === "boolean") return "anything";
  if (schema.$ref !== undefined) return link(schema.$ref.split("/").at(-1) ?? "");
  if (schema.anyOf !== undefined) {
    return schema.anyOf.map((each) => describeType(each, link)).join(" or ");
  }
  if (schema.enum !== undefined) return schema.enum.map((each) => code(each)).join(", ");
  if (schema.const !== undefined) return code(schema.const);
  if (schema.prefixItems !== undefined) return describeTuple(schema.prefixItems, link);
  switch (schema.type) {
    case undefined:
      return "anything";
    case "array":
      return `list of ${describeType(firstOf(schema.items), link)}`;
    case "integer":
      return `whole number${describeRange(schema)}`;
    case "number":
      return `number${describeRange(schema)}`;
    case "string":
      return { "date-time": "time", uuid: "UUID" }[schema.format ?? ""] ?? "text";
    case "boolean":
      return "`true` or `false`";
    case "null":
      return "`null`";
    default:
      return typeof schema.additionalProperties === "object"
        ? `object of ${describeType(schema.additionalProperties, link)}`
        : "object";
  }
}

function describeTuple(items: readonly (Schema | boolean)[], link: Link): string {
  return `${items.length} × ${describeType(items[0] ?? true, link)}`;
}

function firstOf(items: Schema["items"]): Schema | boolean {
  return Array.isArray(items) ? items[0] ?? true : items ?? true;
}

function describeRange({ minimum, maximum }: Schema): string {
  if (minimum === undefined) return "";
  return maximum === undefined ? ` from ${minimum}` : ` from ${minimum} to ${maximum}`;
}

function code(value: unknown): string {
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
