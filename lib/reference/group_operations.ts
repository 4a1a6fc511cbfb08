/**
 * The operations of a document, by the groups in which they are shown.
 *
 * @module
 */

import type { OpenApiDocument, OperationObject } from "./open_api_document.ts";

/** An operation with its place. */
export interface PlacedOperation {
  /** Its address within a page, without `#`. */
  anchor: string;
  /** Its HTTP method in capitals, or `WS` for a WebSocket. */
  method: string;
  /** With `{id}` for the id in it. */
  path: string;
  /** What the document says of it. */
  operation: OperationObject;
}

/** Operations that belong together. */
export interface OperationGroup {
  /** Its address within a page, without `#`. */
  anchor: string;
  /** A word or two. */
  name: string;
  /** A sentence. */
  description: string;
  /** In the order of the document. */
  operations: readonly PlacedOperation[];
}

/** Groups the operations by their tags, in the order of these. */
export function groupOperations({ paths, tags }: OpenApiDocument): OperationGroup[] {
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([name, operation]): PlacedOperation => {
      const method = operation["x-websocket"] ? "WS" : name.toUpperCase();
      return { anchor: toAnchor(`${method} ${path}`), method, path, operation };
    })
  );
  return tags.map(({ name, description }) => ({
    anchor: toAnchor(name),
    name,
    description,
    operations: all.filter(({ operation }) => operation.tags.includes(name)),
  }));
}

/** The address of a schema within a page, without `#`. */
export function schemaAnchor(name: string): string {
  return `schema-${name.toLowerCase()}`;
}

function toAnchor(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "");
}
