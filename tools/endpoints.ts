/**
 * `docs/endpoints.md`, made from the OpenAPI document.
 *
 * @module
 */

import { describeInterface } from "../lib/http/openapi.ts";
import { describeType } from "../lib/reference/describe_type.ts";
import type {
  OperationObject,
  Parameter,
  Schema,
  WebSocketMessages,
} from "../lib/reference/open_api_document.ts";
import { describeOtherSchemas, type Link, linksBeside, toMarkdown } from "./schema_tables.ts";

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
    "`GET /openapi.json`, and shows with examples at `/docs`. How streams behave is in [protocol.md](protocol.md).",
    'Errors are `{"error":"<code>","detail":"<sentence>"}`. A path marked with a key needs the token ' +
    "where `STREAM_AUTH_TOKEN` is set, as `Authorization: Bearer <token>` or `?token=<token>`, and refuses pages " +
    "of other sites.",
    "The paths of the first version, `/v1/health`, `/v1/pipelines/list`, `/v1/pipelines/{id}/info` and " +
    "`/v1/video/…`, answer as their successors do, with a `Deprecation` header.",
  ];
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      parts.push(describeOperation(path, method, operation, link));
    }
  }
  parts.push("## Schemas", describeOtherSchemas(protocol));
  return parts.join("\n\n") + "\n";
}

function describeOperation(
  path: string,
  method: string,
  operation: OperationObject,
  link: Link,
): string {
  const {
    summary,
    description,
    parameters,
    requestBody,
    responses,
    security,
    "x-websocket": messages,
  } = operation;
  const lines = [`- ${describeAnswer(responses, link)}`];
  if (requestBody) lines.unshift(`- body: ${code(Object.keys(requestBody.content))}`);
  lines.unshift(...parameters.filter((each) => each.in === "query").map(describeParameter));
  const errors = Object.keys(responses).filter((status) => Number(status) >= 400);
  if (errors.length > 0) lines.push(`- errors: ${errors.join(", ")}`);
  if (messages) lines.push(...describeMessages(messages, link));
  const title = `## ${method.toUpperCase()} ${path}${security ? " 🔑" : ""}`;
  const parts = [title, `${summary}.`, description, lines.join("\n")];
  return parts.filter((each) => each !== undefined).join("\n\n");
}

function describeMessages({ client, server, closes }: WebSocketMessages, link: Link): string[] {
  const schemaOf = (schema?: Schema) => schema ? ` ${toMarkdown(describeType(schema), link)}.` : "";
  const reasons = closes.map(({ code, reason }) => `${code} \`${reason}\``);
  return [
    `- the client sends: ${client.description}${schemaOf(client.schema)}`,
    `- the server sends: ${server.description}${schemaOf(server.schema)}`,
    `- closed with: ${reasons.join(", ")}`,
  ];
}

/** Such as ``- `?limit=` Results of the page (a whole number from 1 to 1000; 100 if left out)``. */
function describeParameter(parameter: Parameter): string {
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

function describeAnswer(responses: OperationObject["responses"], link: Link): string {
  const [status = "", response] = Object.entries(responses).find(([code]) => Number(code) < 300) ??
    [];
  const contents = Object.entries(response?.content ?? {}).map(([type, media]) => {
    const schema = media.schema?.$ref?.split("/").at(-1);
    return schema === undefined ? code([type]) : `JSON: ${link(schema)}`;
  });
  return [`answer: ${status}`, contents.join(" or ")].filter(Boolean).join(", ");
}

function code(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(", ");
}
