/**
 * The description of the HTTP interface, as OpenAPI 3.1.
 *
 * @module
 */

import type {
  Content,
  OpenApiDocument,
  OperationObject,
  Schema,
  WebSocketMessages,
} from "../reference/open_api_document.ts";
import { CAMERA_OPERATIONS } from "./camera_operations.ts";
import { EVENT_OPERATIONS } from "./event_operations.ts";
import { type Example, EXAMPLES } from "./openapi_examples.ts";
import { type MediaType, type Messages, type Operation, OPERATIONS } from "./openapi_operations.ts";
import { describeParameters } from "./openapi_parameters.ts";
import { namedSchemas, reference, type SchemaName } from "./openapi_schemas.ts";
import { tagOf, TAGS } from "./openapi_tags.ts";
import { WEB_SOCKET_OPERATIONS } from "./web_socket_operations.ts";

/** What holds for all of the interface, as CommonMark. */
const DESCRIPTION =
  "Keys of JSON are snake_case. Coordinates are pixels of the image as it was sent. Fields named `*_ms` are " +
  "milliseconds, `*_s` seconds; times are ISO 8601 in UTC. Fields marked as optional are left out where they have no " +
  "value, and further fields may be added to answers: ignore those that you do not know.\n\n" +
  "Errors have a fitting status and are each an `ErrorAnswer`: a word for programs and a sentence for people.";

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

function content(...answers: (SchemaName | MediaType)[]): Content {
  return Object.fromEntries(
    answers.map((answer) =>
      isMediaType(answer) ? [answer, {}] : ["application/json", { schema: reference(answer) }]
    ),
  );
}

function responses(operation: Operation): OperationObject["responses"] {
  const { answer, otherAnswers = [], status = 200, errors = [], guarded } = operation;
  const all: Record<string, OperationObject["responses"][string]> = {
    [status]: {
      description: status === 101 ? "Switching to a WebSocket" : "Done",
      ...(answer !== undefined && { content: content(answer, ...otherAnswers) }),
    },
  };
  for (const code of [...HOST_ERRORS, ...errors, ...(guarded ? [401, 403] : [])]) {
    all[code] = { description: ERROR_MEANINGS[code] ?? "", content: content("ErrorAnswer") };
  }
  return all;
}

function webSocket(messages: Messages): WebSocketMessages {
  const { sends, clientSchema, receives, schema, closes } = messages;
  return {
    client: { description: sends, ...(clientSchema && { schema: reference(clientSchema) }) },
    server: {
      description: ["Text messages, each one JSON object.", receives].join(" ").trim(),
      schema: reference(schema),
    },
    closes,
  };
}

function describe(operation: Operation): OperationObject {
  const { path, summary, description, body, guarded, messages } = operation;
  return {
    summary,
    ...(description && { description }),
    tags: [tagOf(path)],
    parameters: describeParameters(operation),
    ...(body && {
      requestBody: { required: true, content: mapValues(body, (schema) => ({ schema })) },
    }),
    responses: responses(operation),
    ...(guarded && { security: [{}, { token: [] }, { tokenInQuery: [] }] }),
    ...(messages && { "x-websocket": webSocket(messages) }),
  };
}

function mapValues<Value, Result>(
  record: Readonly<Record<string, Value>>,
  change: (value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

/** The schemas, those that are best understood by an example with one. */
function schemasWithExamples(): Record<string, Schema> {
  const examples: Readonly<Record<string, Example>> = EXAMPLES;
  return Object.fromEntries(
    Object.entries(namedSchemas()).map(([name, schema]) => {
      const { [name]: example } = examples;
      return [name, example === undefined ? schema : { ...schema, examples: [example] }];
    }),
  );
}

/**
 * Describes the interface of a version of livesyte.
 *
 * @param basePath The path below which it is, such as `/vision`; empty for none
 */
export function describeInterface(version: string, basePath = ""): OpenApiDocument {
  const paths: Record<string, Record<string, OperationObject>> = {};
  for (
    const operation of [
      ...OPERATIONS,
      ...CAMERA_OPERATIONS,
      ...EVENT_OPERATIONS,
      ...WEB_SOCKET_OPERATIONS,
    ]
  ) {
    (paths[operation.path] ??= {})[operation.method] = describe(operation);
  }
  return {
    openapi: "3.1.0",
    servers: [{ url: basePath || "/" }],
    info: {
      title: "livesyte",
      version,
      description: DESCRIPTION,
      license: { name: "MIT", identifier: "MIT" },
    },
    tags: TAGS.map(({ name, description }) => ({ name, description })),
    paths,
    components: {
      schemas: schemasWithExamples(),
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        tokenInQuery: { type: "apiKey", in: "query", name: "token" },
      },
    },
  };
}
