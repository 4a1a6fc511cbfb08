/**
 * How an operation is called with curl.
 *
 * @module
 */

import type { PlacedOperation } from "./group_operations.ts";
import type { Content, OperationObject, Schema } from "./open_api_document.ts";

/** Where a server is, and what it asks for. */
export interface ServerPlace {
  /** Where its paths begin, without a slash at its end: `http://127.0.0.1:8000`. */
  address: string;
  /** Whether it asks for a token. */
  needsToken: boolean;
  /** Whether it has made its certificate itself, so that programs trust it only once they are given it. */
  isSelfSigned: boolean;
}

/**
 * The command that calls an operation, in lines that end with a backslash where it goes on.
 *
 * @param schemas Those of the document, with their examples
 */
export function curlCommand(
  { path, method, operation }: PlacedOperation,
  { address, needsToken }: ServerPlace,
  schemas: Readonly<Record<string, Schema>>,
): string {
  const body = bodyArguments(operation.requestBody?.content ?? {}, schemas);
  const isSaid = method === "GET" || (method === "POST" && body.length > 0);
  const parts = [
    isSaid ? "curl" : `curl -X ${method}`,
    ...(operation.security && needsToken ? [`-H "Authorization: Bearer $TOKEN"`] : []),
    ...body,
    ...outputArguments(operation),
    quote(address + fillPath(path, operation)),
  ];
  const line = parts.join(" ");
  return line.length <= 80 ? line : parts.join(" \\\n  ");
}

/** A path with examples of its parameters, those of its query that are needed included. */
function fillPath(path: string, { parameters }: OperationObject): string {
  const filled = path.replaceAll(/{(\w+)}/g, (whole, name) => {
    const example = parameters.find((each) => each.in === "path" && each.name === name)?.example;
    return example === undefined ? whole : encodeURIComponent(example);
  });
  const query = new URLSearchParams(
    parameters.filter((each) => each.in === "query" && each.example !== undefined)
      .map(({ name, example = "" }) => [name, example]),
  );
  return query.size > 0 ? `${filled}?${query}` : filled;
}

function bodyArguments(content: Content, schemas: Readonly<Record<string, Schema>>): string[] {
  if ("image/jpeg" in content) return [`--data-binary @dog.jpg`, `-H "Content-Type: image/jpeg"`];
  if ("multipart/form-data" in content) return [`-F file=@walk.mp4`];
  const schema = content["application/json"]?.schema;
  if (schema === undefined) return [];
  const example = schemas[schema.$ref?.split("/").at(-1) ?? ""]?.examples?.[0];
  return [example === undefined ? "--data @body.json" : `--data ${quote(JSON.stringify(example))}`];
}

/** Bytes are not for the terminal. */
function outputArguments({ responses }: OperationObject): string[] {
  const types = Object.keys(responses["200"]?.content ?? {});
  if (types.some((type) => type.startsWith("video/mp4") || type === "video/*")) {
    return ["-o walk.mp4"];
  }
  if (types.includes("multipart/x-mixed-replace")) return ["-o stream.mjpeg"];
  return types.includes("image/jpeg") ? ["-o snapshot.jpg"] : [];
}

/** As a shell takes it. */
function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
