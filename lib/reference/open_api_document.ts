/**
 * An OpenAPI document, as far as livesyte uses one.
 *
 * @module
 */

import type { JsonSchema } from "@valibot/to-json-schema";

/** A JSON Schema (2020-12). */
export type Schema = JsonSchema;

/** What a body or an answer holds, by its media types, such as `image/jpeg`. */
export type Content = Readonly<Record<string, { schema?: Schema }>>;

/** A part of a path, or a query parameter. */
export interface Parameter {
  /** As it is in the path or the query. */
  name: string;
  /** Where it stands. */
  in: "path" | "query";
  /** Whether there has to be one. */
  required: boolean;
  /** What it means. */
  description?: string;
  /** One of its values; for those that every call needs, and none for others. */
  example?: string;
  /** Its values. */
  schema: Schema;
}

/** Why a WebSocket is closed. */
export interface Close {
  /** Between 1000 and 4999. */
  code: number;
  /** A word for programs, which comes with the code. */
  reason: string;
  /** A sentence for people. */
  meaning: string;
}

/** What goes over a WebSocket; an extension of OpenAPI, which has no words for it. */
export interface WebSocketMessages {
  /** What the client may send. */
  client: { description: string; schema?: Schema };
  /** What the server sends: text messages, each a JSON object. */
  server: { description: string; schema: Schema };
  /** With which codes the server closes it. */
  closes: readonly Close[];
}

/** One method of one path. */
export interface OperationObject {
  /** What it is for, without a full stop. */
  summary: string;
  /** More about it, in sentences. */
  description?: string;
  /** The name of its group in `tags` of the document. */
  tags: readonly [string];
  /** Those in the path, then those in the query. */
  parameters: readonly Parameter[];
  /** The body, if it takes one. */
  requestBody?: { required: true; content: Content };
  /** By HTTP status. */
  responses: Readonly<Record<string, { description: string; content?: Content }>>;
  /** The ways to present a token, if it asks for one where one is set. */
  security?: readonly Readonly<Record<string, readonly string[]>>[];
  /** Set for WebSockets alone. */
  "x-websocket"?: WebSocketMessages;
}

/** An OpenAPI document. */
export interface OpenApiDocument {
  /** The version of OpenAPI that it follows. */
  openapi: "3.1.0";
  /** Title, version and licence. */
  info: Readonly<{
    title: string;
    version: string;
    description: string;
    license: { name: string; identifier: string };
  }>;
  /** Where its paths begin. */
  servers: readonly { url: string }[];
  /** The groups of operations, in the order in which they are shown. */
  tags: readonly { name: string; description: string }[];
  /** By path, and below that by method in small letters. */
  paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  /** The schemas by name, and the ways to present a token. */
  components: {
    schemas: Readonly<Record<string, Schema>>;
    securitySchemes: Readonly<Record<string, Readonly<Record<string, string>>>>;
  };
}
