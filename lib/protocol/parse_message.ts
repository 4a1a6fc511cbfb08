/**
 * Reads messages that come from outside.
 *
 * @module
 */

import * as v from "valibot";

/**
 * Reads one JSON message.
 *
 * @returns `null` for anything that is not as the schema says; fields that it does not know are kept, since a newer
 * server may say more
 */
export function parseMessage<const Schema extends v.GenericSchema>(
  schema: Schema,
  json: string,
): v.InferInput<Schema> | null {
  let message: unknown;
  try {
    message = JSON.parse(json);
  } catch {
    return null;
  }
  return v.is(schema, message) ? message : null;
}
