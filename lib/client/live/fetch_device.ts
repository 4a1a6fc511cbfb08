/** Knows what runs the server's detector. */

import * as v from "valibot";
import { type DeviceInUse, DeviceInUseSchema } from "../../protocol/device.ts";
import { atBase } from "../server_url.ts";

/** The part of the answer of `GET /health` that is looked at here. */
const AnswerSchema = v.object({ device: v.nullable(DeviceInUseSchema) });

/**
 * Asks the server what runs its detector.
 *
 * @returns `null` while the server starts
 * @throws {Error} If it cannot be reached, or does not say
 */
export async function fetchDevice(
  request: (path: string) => Promise<Response> = (path) => fetch(path),
): Promise<DeviceInUse | null> {
  const response = await request(atBase("/health"));
  return v.parse(AnswerSchema, await response.json()).device;
}
