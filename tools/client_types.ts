/**
 * The types of the client package's messages, made from the schemas of `lib/protocol`, so that the package needs none of them.
 *
 * @module
 */

import { namedSchemas, type SchemaName } from "../lib/http/openapi_schemas.ts";
import type { Schema } from "../lib/reference/open_api_document.ts";

/** What the package's own modules name; what these refer to comes along. */
const ROOTS: readonly SchemaName[] = [
  ...["ServerMessage", "PipelineList", "SessionList", "Run"] as const,
  ...["JobList", "JobView", "Submitted", "ResultsPage", "ErrorAnswer"] as const,
  ...["LiveEvent", "Rule", "VideoEvents"] as const,
];

const HEAD = `/**
 * The messages of the server, made from its schemas by \`deno task docs\`.
 *
 * @module
 */
`;

/** The text of `client/messages.ts`, not formatted yet. */
export function describeClientTypes(): string {
  const schemas = namedSchemas();
  const names = new Set<string>();
  const types: Record<string, string> = {};
  const visit = (name: string) => {
    if (names.has(name)) return;
    names.add(name);
    const schema = schemas[name];
    if (schema === undefined) {
      throw new Error(`Cannot find a schema named ${name}`);
    }
    types[name] = declareType(name, schema, (other) => (visit(other), other));
  };
  ROOTS.forEach(visit);
  const sorted = Object.entries(types).toSorted(([one], [other]) => one < other ? -1 : 1);
  return [HEAD, ...sorted.map(([, text]) => text)].join("\n");
}

/** The name of the type that a reference means. */
type Refer = (name: string) => string;

function declareType(name: string, schema: Schema, refer: Refer): string {
  const isObject = schema.properties !== undefined;
  const declaration = isObject ? `interface ${name}` : `type ${name} =`;
  return `${comment(schema.description)}export ${declaration} ${writeType(schema, refer)}\n`;
}

function comment(text: string | undefined): string {
  return text === undefined ? "" : `/** ${text} */\n`;
}

function writeType(schema: Schema | boolean, refer: Refer): string {
  if (typeof schema === "boolean") return "unknown";
  if (schema.$ref !== undefined) {
    return refer(schema.$ref.split("/").at(-1) ?? "");
  }
  if (schema.anyOf !== undefined) {
    return schema.anyOf.map((each) => writeType(each, refer)).join(" | ");
  }
  if (schema.enum !== undefined) {
    return schema.enum.map((each) => JSON.stringify(each)).join(" | ");
  }
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.prefixItems !== undefined) {
    return `[${schema.prefixItems.map((each) => writeType(each, refer)).join(", ")}]`;
  }
  switch (schema.type) {
    case "array":
      return writeList(
        Array.isArray(schema.items) ? true : schema.items ?? true,
        refer,
      );
    case "object":
      return writeObject(schema, refer);
    case "integer":
      return "number";
    case "number":
    case "string":
    case "boolean":
    case "null":
      return schema.type;
    default:
      throw new Error(`Cannot write the type of ${JSON.stringify(schema)}`);
  }
}

function writeList(items: Schema | boolean, refer: Refer): string {
  const type = writeType(items, refer);
  return type.includes("|") ? `(${type})[]` : `${type}[]`;
}

function writeObject(schema: Schema, refer: Refer): string {
  const {
    properties,
    required = [],
    patternProperties = {},
    additionalProperties,
  } = schema;
  if (properties === undefined) {
    return `Record<string, ${writeType(additionalProperties ?? true, refer)}>`;
  }
  const fields = Object.entries(properties).map(([name, property]) => {
    const text = typeof property === "boolean" ? undefined : property.description;
    const mark = required.includes(name) ? "" : "?";
    return `${comment(text)}${name}${mark}: ${writeType(property, refer)};\n`;
  });
  const patterns = Object.entries(patternProperties).map(
    ([pattern, property]) => {
      const ending = /^(\w+)\$$/.exec(pattern)?.[1];
      if (ending === undefined) {
        throw new Error(`Cannot write the type of fields like ${pattern}`);
      }
      const types = typeof property === "object" ? [property.type].flat() : [];
      const values = types.map((type) => writeType({ type } as Schema, refer));
      return `${
        comment("Every field whose name ends so; see above.")
      }[name: \`\${string}${ending}\`]: ${values.join(" | ")};\n`;
    },
  );
  return `{\n${[...fields, ...patterns].join("")}}`;
}
