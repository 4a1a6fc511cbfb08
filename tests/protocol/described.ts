/** Compares values with the schemas of the OpenAPI document, which know every field and every format. */

import addFormats from "ajv-formats";
import Ajv2020 from "ajv/dist/2020.js";
import { namedSchemas, type SchemaName } from "../../lib/http/openapi_schemas.ts";

const ajv = new Ajv2020.default({ strict: false });
addFormats.default(ajv);
ajv.addSchema({ $id: "document", components: { schemas: namedSchemas() } });

/** What a value has that the document does not say of it, or has not; empty when it is as described. */
export function differences(name: SchemaName, value: unknown): string[] {
  const validate = ajv.getSchema(`document#/components/schemas/${name}`);
  if (validate === undefined) throw new Error(`Cannot find the schema ${name}`);
  validate(value);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
