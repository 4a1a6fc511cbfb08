/**
 * Reads the query parameters of a request as `lib/protocol/query.ts` has them.
 *
 * @module
 */

import * as v from "valibot";
import { ApiError } from "./api.ts";
import { QUERIES, type QueryName, querySchema } from "./openapi_schemas.ts";
import type { Schema } from "../reference/open_api_document.ts";

/** What a path finds in its query: the types are those of the schema, and defaults are filled in. */
export type QueryOf<Name extends QueryName> = v.InferOutput<typeof QUERIES[Name]>;

/**
 * Reads the parameters of a path; others are ignored.
 *
 * @throws {ApiError} With 400 if one is missing or not as the schema says
 */
export function readQuery<const Name extends QueryName>(
  query: URLSearchParams,
  name: Name,
): QueryOf<Name> {
  const values: Record<string, unknown> = {};
  for (const [parameter, schema] of Object.entries<v.GenericSchema>(QUERIES[name].entries)) {
    const text = query.get(parameter);
    if (text !== null) values[parameter] = v.is(schema, text) ? text : toNumber(text);
  }
  const { success, output, issues } = v.safeParse(QUERIES[name], values);
  if (success) return output as QueryOf<Name>;
  throw new ApiError(400, "bad_request", describeIssue(name, issues[0]));
}

/** The whole number that a text is; a text that is none stays as it is. */
function toNumber(text: string): number | string {
  return /^\d{1,16}$/.test(text) ? Number(text) : text;
}

function describeIssue(name: QueryName, issue: v.BaseIssue<unknown>): string {
  const parameter = v.getDotPath(issue) ?? "";
  const schema = querySchema(name).properties?.[parameter];
  if (issue.input === undefined || typeof schema !== "object") {
    return `Query parameter ${parameter} is required`;
  }
  // Schemas of texts have words of their own.
  const expected = issue.type === "regex" ? issue.message : describeValues(schema);
  return `Query parameter ${parameter} must be ${expected}`;
}

function describeValues({ enum: options, minimum, maximum }: Schema): string {
  return options
    ? `one of ${options.join(", ")}`
    : `a whole number between ${minimum} and ${maximum}`;
}
