/**
 * Types of JSON values in words.
 *
 * @module
 */

import type { Schema } from "./open_api_document.ts";

/** A part of a type in words: plain text, a value as it is written in JSON, or the name of a schema. */
export type TypeWord =
  | { kind: "text"; text: string }
  | { kind: "value"; text: string }
  | { kind: "schema"; text: string };

/** What strings of a format are called. */
const FORMATS: Readonly<Record<string, string>> = {
  "date-time": "time",
  uuid: "UUID",
  binary: "bytes",
};

/** Describes a type, such as `list of Detection` or `whole number from 0 or null`. */
export function describeType(schema: Schema | boolean): TypeWord[] {
  if (typeof schema === "boolean") return [plain("anything")];
  if (schema.$ref !== undefined) {
    return [{ kind: "schema", text: schema.$ref.split("/").at(-1) ?? "" }];
  }
  if (schema.anyOf !== undefined) return join(schema.anyOf.map(describeType), " or ");
  if (schema.enum !== undefined) return join(schema.enum.map((each) => [value(each)]), ", ");
  if (schema.const !== undefined) return [value(schema.const)];
  if (schema.prefixItems !== undefined) {
    const [first = true] = schema.prefixItems;
    return [plain(`${schema.prefixItems.length} × `), ...describeType(first)];
  }
  switch (schema.type) {
    case undefined:
      return [plain("anything")];
    case "array":
      return [plain("list of "), ...describeType(firstOf(schema.items))];
    case "integer":
      return [plain(`whole number${describeRange(schema)}`)];
    case "number":
      return [plain(`number${describeRange(schema)}`)];
    case "string":
      return [plain(FORMATS[schema.format ?? ""] ?? "text")];
    case "boolean":
      return [value(true), plain(" or "), value(false)];
    case "null":
      return [value(null)];
    default:
      return typeof schema.additionalProperties === "object"
        ? [plain("object of "), ...describeType(schema.additionalProperties)]
        : [plain("object")];
  }
}

function plain(text: string): TypeWord {
  return { kind: "text", text };
}

function value(json: unknown): TypeWord {
  return { kind: "value", text: typeof json === "string" ? json : JSON.stringify(json) };
}

function join(parts: readonly TypeWord[][], separator: string): TypeWord[] {
  return parts.flatMap((part, index) => index === 0 ? part : [plain(separator), ...part]);
}

function firstOf(items: Schema["items"]): Schema | boolean {
  return Array.isArray(items) ? items[0] ?? true : items ?? true;
}

function describeRange({ minimum, maximum }: Schema): string {
  if (minimum === undefined) return "";
  const isBounded = maximum !== undefined && maximum !== Number.MAX_SAFE_INTEGER;
  return ` from ${minimum}${isBounded ? ` to ${maximum}` : ""}`;
}
