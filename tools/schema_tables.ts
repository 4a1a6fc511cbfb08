/**
 * Tables of the schemas in `docs/`, made from the OpenAPI document's schemas.
 *
 * @module
 */

import { namedSchemas } from "../lib/http/openapi_schemas.ts";
import { describeFields } from "../lib/reference/describe_fields.ts";
import { describeType, type TypeWord } from "../lib/reference/describe_type.ts";

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
  const rows = describeFields(schema).map(({ path, type, isOptional, meaning }) =>
    `| \`${path}\` | ${toMarkdown(type, link)}${isOptional ? ", optional" : ""} | ${meaning} |`
  );
  const table = ["| field | type | meaning |", "| --- | --- | --- |", ...rows].join("\n");
  const shape = rows.length > 0 ? table : `${capitalize(toMarkdown(describeType(schema), link))}.`;
  return [`### ${name}`, schema.description, shape].filter((part) => part !== undefined)
    .join("\n\n");
}

/** A type in words, with links to the schemas that it names. */
export function toMarkdown(type: readonly TypeWord[], link: Link): string {
  return type.map(({ kind, text }) => {
    if (kind === "schema") return link(text);
    return kind === "value" ? `\`${text}\`` : text;
  }).join("");
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
