/**
 * `docs/endpoints.md`, made from the OpenAPI document.
 *
 * @module
 */

import { describeInterface } from "../lib/http/openapi.ts";

/** The parts of an operation that are shown. */
interface ShownOperation {
  summary: string;
  parameters: { name: string; in: string; description?: string }[];
  requestBody?: { content: Record<string, unknown> };
  responses: Record<string, { description: string; content?: Record<string, MediaType> }>;
  security?: unknown;
}

interface MediaType {
  schema?: { $ref: string };
}

/** The page, in Markdown that has not been formatted yet. */
export function describeEndpoints(): string {
  const { paths } = describeInterface("0");
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
      parts.push(describeOperation(path, method, operation as unknown as ShownOperation));
    }
  }
  return parts.join("\n\n") + "\n";
}

function describeOperation(path: string, method: string, operation: ShownOperation): string {
  const { summary, parameters, requestBody, responses, security } = operation;
  const lines = [`- ${describeAnswer(responses)}`];
  if (requestBody) lines.unshift(`- body: ${code(Object.keys(requestBody.content))}`);
  for (const { name, in: place, description } of parameters) {
    if (place === "query") lines.unshift(`- \`?${name}=\` ${description}`);
  }
  const errors = Object.keys(responses).filter((status) => Number(status) >= 400);
  if (errors.length > 0) lines.push(`- errors: ${errors.join(", ")}`);
  const title = `## ${method.toUpperCase()} ${path}${security ? " 🔑" : ""}`;
  return [title, `${summary}.`, lines.join("\n")].join("\n\n");
}

function describeAnswer(responses: ShownOperation["responses"]): string {
  const [status = "", response] = Object.entries(responses).find(([code]) => Number(code) < 300) ??
    [];
  const [[type = "", media] = []] = Object.entries(response?.content ?? {});
  const schema = media?.schema?.$ref.split("/").at(-1);
  if (schema !== undefined) return `answer: ${status}, JSON: ${schema}`;
  return type === "" ? `answer: ${status}` : `answer: ${status}, ${code([type])}`;
}

function code(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(", ");
}
