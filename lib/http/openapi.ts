/**
 * The description of the HTTP interface, as OpenAPI 3.1.
 *
 * @module
 */

import { CAMERA_OPERATIONS } from "./camera_operations.ts";
import { EVENT_OPERATIONS } from "./event_operations.ts";
import { type MediaType, type Operation, OPERATIONS } from "./openapi_operations.ts";
import {
  namedSchemas,
  querySchema,
  reference,
  type Schema,
  type SchemaName,
} from "./openapi_schemas.ts";

/** A part of the document that is no schema. */
type JsonObject = Readonly<Record<string, unknown>>;

/** An OpenAPI document. */
export interface OpenApiDocument {
  /** The version of OpenAPI that it follows. */
  openapi: "3.1.0";
  /** Title, version and licence. */
  info: Readonly<Record<string, unknown>>;
  /** Where its paths begin. */
  servers: readonly { url: string }[];
  /** By path, and below that by method in small letters. */
  paths: Readonly<Record<string, Readonly<Record<string, JsonObject>>>>;
  /** The schemas by name, and the ways to present a token. */
  components: {
    schemas: Readonly<Record<string, Schema>>;
    securitySchemes: Readonly<Record<string, JsonObject>>;
  };
}

const ERROR_MEANINGS: Readonly<Record<number, string>> = {
  400: "The request is malformed",
  401: "The token is missing or wrong",
  403:
    "The request comes from a page of another site, or from another machine and would change a camera",
  404: "Not found",
  409: "Not possible in this state",
  413: "Too large",
  415: "This type is not accepted",
  416: "No such range",
  421: "The Host is not a name of this server",
  422: "The image or the video cannot be decoded",
  426: "Connect with a WebSocket",
  503: "Temporarily unavailable",
};

/** Statuses of every path, for a `Host` that is missing, malformed or unknown. */
const HOST_ERRORS = [400, 421];

function isMediaType(answer: SchemaName | MediaType): answer is MediaType {
  return answer.includes("/");
}

function content(...answers: (SchemaName | MediaType)[]): JsonObject {
  return Object.fromEntries(
    answers.map((answer) =>
      isMediaType(answer) ? [answer, {}] : ["application/json", { schema: reference(answer) }]
    ),
  );
}

function responses(operation: Operation): JsonObject {
  const { answer, otherAnswers = [], status = 200, errors = [], guarded } = operation;
  const all: Record<string, JsonObject> = {
    [status]: {
      description: status === 101 ? "Switching to a WebSocket" : "Done",
      ...(answer !== undefined && { content: content(answer, ...otherAnswers) }),
    },
  };
  for (const code of [...HOST_ERRORS, ...errors, ...(guarded ? [401, 403] : [])]) {
    all[code] = { description: ERROR_MEANINGS[code], content: content("ErrorAnswer") };
  }
  return all;
}

function parameters({ path, id = "uuid", query }: Operation): JsonObject[] {
  const idSchema = id === "uuid" ? { type: "string", format: id } : { type: id };
  const inPath = Array.from(path.matchAll(/{(\w+)}/g), ([, name]) => {
    const schema = name === "id" ? idSchema : { type: "string" };
    return { name, in: "path", required: true, schema };
  });
  if (query === undefined) return inPath;
  const { properties = {}, required = [] } = querySchema(query);
  const inQuery = Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = typeof property === "boolean" ? {} : property;
    return { name, in: "query", required: required.includes(name), description, schema };
  });
  return [...inPath, ...inQuery];
}

function describe(operation: Operation): JsonObject {
  const { summary, body, guarded, messages } = operation;
  return {
    summary,
    ...(messages && { description: `Each message of the server is a ${messages} as JSON.` }),
    parameters: parameters(operation),
    ...(body && { requestBody: { content: mapValues(body, (schema) => ({ schema })) } }),
    responses: responses(operation),
    ...(guarded && { security: [{}, { token: [] }, { tokenInQuery: [] }] }),
  };
}

function mapValues<Value, Result>(
  record: Readonly<Record<string, Value>>,
  change: (value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

/** Describes the interface of a version of livesyte. */
export function describeInterface(version: string, basePath = ""): OpenApiDocument {
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const operation of [...OPERATIONS, ...CAMERA_OPERATIONS, ...EVENT_OPERATIONS]) {
    (paths[operation.path] ??= {})[operation.method] = describe(operation);
  }
  return {
    openapi: "3.1.0",
    servers: [{ url: basePath || "/" }],
    info: { title: "livesyte", version, license: { name: "MIT", identifier: "MIT" } },
    paths,
    components: {
      schemas: namedSchemas(),
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        tokenInQuery: { type: "apiKey", in: "query", name: "token" },
      },
    },
  };
}
