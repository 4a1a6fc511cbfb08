/**
 * `docs/endpoints.md`, made from the OpenAPI document.
 *
 * @module
 */

import { describeInterface } from "../lib/http/openapi.ts";
import type { Schema } from "../lib/http/openapi_schemas.ts";
import { describeOtherSchemas, type Link, linksBeside } from "./schema_tables.ts";

/** The parts of an operation that are shown. */
interface ShownOperation {
  summary: string;
  description?: string;
  parameters: {
    name: string;
    in: string;
    required: boolean;
    description?: string;
    schema: Schema;
  }[];
  requestBody?: { content: Record<string, unknown> };
  responses: Record<string, { description: string; content?: Record<string, MediaType> }>;
  security?: unknown;
}

interface MediaType {
  schema?: { $ref: string };
}

/**
 * The page, in Markdown that has not been formatted yet.
 *
 * @param protocol `docs/protocol.md`, which has tables of some of the schemas
 */
export function describeEndpoints(protocol: string): string {
  const { paths } = describeInterface("0");
  const link = linksBeside(protocol);
  const parts = [
    "# Endpoints",
    "Made by `deno task docs` from [the OpenAPI document](../lib/http/openapi.ts), which a server answers at " +
    "`GET /openapi.json`. What goes over the WebSockets is in [protocol.md](protocol.md).",
    'Errors are `{"error":"<code>","detail":"<sentence>"}`. A path marked with a key needs the token ' +
    "where `STREAM_AUTH_TOKEN` is set, as `Authorization: Bearer <token>` or `?token=<token>`, and refuses pages " +
    "of other sites.",
    "The paths of the first version, `/v1/health`, `/v1/pipelines/list`, `/v1/pipelines/{id}/info` and " +
    "`/v1/video/…`, answer as their successors do, with a `Deprecation` header.",
  ];
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      parts.push(describeOperation(path, method, operation as unknown as ShownOperation, link));
    }
  }
  parts.push("## Schemas", describeOtherSchemas(protocol));
  return parts.join("\n\n") + "\n";
}

function describeOperation(
  path: string,
  method: string,
  operation: ShownOperation,
  link: Link,
): string {
  const { summary, description, parameters, requestBody, responses, security } = operation;
  const lines = [`- ${describeAnswer(responses, link)}`];
  if (requestBody) lines.unshift(`- body: ${code(Object.keys(requestBody.content))}`);
  lines.unshift(...parameters.filter((each) => each.in === "query").map(describeParameter));
  const errors = Object.keys(responses).filter((status) => Number(status) >= 400);
  if (errors.length > 0) lines.push(`- errors: ${errors.join(", ")}`);
  const title = `## ${method.toUpperCase()} ${path}${security ? " 🔑" : ""}`;
  const sentences = [`${summary}.`, description].filter((each) => each !== undefined);
  return [title, sentences.join(" "), lines.join("\n")].join("\n\n");
}

/** Such as ``- `?limit=` Results of the page (a whole number from 1 to 1000; 100 if left out)``. */
function describeParameter(parameter: ShownOperation["parameters"][number]): string {
  const { name, required, description = "", schema } = parameter;
  const values = [schema.enum?.join(", "), describeRange(schema)].filter(Boolean);
  if (schema.default !== undefined) values.push(`${schema.default} if left out`);
  else if (required) values.push("required");
  const meaning = description.replace(/\.$/, "");
  return `- \`?${name}=\` ${meaning}${values.length > 0 ? ` (${values.join("; ")})` : ""}`;
}

function describeRange({ type, minimum, maximum }: Schema): string {
  if (type !== "integer") return "";
  const isBounded = maximum !== Number.MAX_SAFE_INTEGER;
  return `a whole number from ${minimum}${isBounded ? ` to ${maximum}` : ""}`;
}

function describeAnswer(responses: ShownOperation["responses"], link: Link): string {
  const [status = "", response] = Object.entries(responses).find(([code]) => Number(code) < 300) ??
    [];
  const contents = Object.entries(response?.content ?? {}).map(([type, media]) => {
    const schema = media.schema?.$ref.split("/").at(-1);
    return schema === undefined ? code([type]) : `JSON: ${link(schema)}`;
  });
  return [`answer: ${status}`, contents.join(" or ")].filter(Boolean).join(", ");
}

function code(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(", ");
}
