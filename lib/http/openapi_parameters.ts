/**
 * The parameters of paths, with what they mean and examples.
 *
 * @module
 */

import type { Parameter, Schema } from "../reference/open_api_document.ts";
import { EXAMPLE_ID } from "./openapi_examples.ts";
import type { Operation } from "./openapi_operations.ts";
import { querySchema } from "./openapi_schemas.ts";

/** What the ids in paths are, by how the paths begin. */
const IDS: readonly { paths: RegExp; description: string; example: string }[] = [
  {
    paths: /^\/pipelines\//,
    description: "The pipeline, as `GET /pipelines` names it.",
    example: "yolo_only",
  },
  {
    paths: /^\/(?:ws\/cameras|camera)\//,
    description: "The camera, as `GET /camera` names it.",
    example: "door",
  },
  {
    paths: /^\/event\//,
    description: "The event, as `GET /event` names it.",
    example: EXAMPLE_ID,
  },
  {
    paths: /^\/sessions\//,
    description: "The stream, as `GET /sessions` names it.",
    example: EXAMPLE_ID,
  },
  {
    paths: /^\/(?:ws\/jobs|video)\//,
    description: "The job, as the answer of `POST /video/submit` names it.",
    example: EXAMPLE_ID,
  },
];

/** The parameters of an operation: those in its path, then those in its query. */
export function describeParameters(operation: Operation): Parameter[] {
  return [...pathParameters(operation), ...queryParameters(operation)];
}

function pathParameters({ path, id = "uuid" }: Operation): Parameter[] {
  const idSchema: Schema = id === "uuid" ? { type: "string", format: id } : { type: id };
  return Array.from(path.matchAll(/{(\w+)}/g), ([, name = ""]): Parameter => {
    const about = name === "id"
      ? IDS.find(({ paths }) => paths.test(path))
      : { description: "`master.m3u8`, or what that names.", example: "master.m3u8" };
    const { description = "", example = "" } = about ?? {};
    const schema: Schema = name === "id" ? idSchema : { type: "string" };
    return { name, in: "path", required: true, description, example, schema };
  });
}

function queryParameters({ path, query }: Operation): Parameter[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = querySchema(query);
  return Object.entries(properties).map(([name, property]): Parameter => {
    const { description = "", ...schema } = typeof property === "boolean" ? {} : property;
    const isRequired = required.includes(name);
    const example = queryExample(path, name, isRequired);
    return {
      name,
      in: "query",
      required: isRequired,
      description,
      ...(example !== undefined && { example }),
      schema,
    };
  });
}

/** What a call is best shown with; `undefined` for what it is better shown without. */
function queryExample(path: string, name: string, isRequired: boolean): string | undefined {
  // Without any parameter nothing would be removed.
  if (path === "/video/jobs" && name === "status") return "failed";
  if (!isRequired) return undefined;
  return name === "pipeline_id" ? "yolo_only" : EXAMPLE_ID;
}
