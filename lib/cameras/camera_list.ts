/**
 * Lists of cameras as they stand in files: `{"cameras":[…]}`.
 *
 * @module
 */

import { reasonOf, UserError } from "../user_error.ts";
import type { CameraDefinition } from "../protocol/camera_definition.ts";
import { parseDefinition, unknownPipeline } from "./camera_definition.ts";
import { CameraDefinitionError } from "./errors.ts";

/** Most cameras of a server. */
export const MAX_CAMERAS = 64;

/**
 * Reads a list.
 *
 * @throws {CameraDefinitionError} If it cannot be used; the message says where
 */
export function parseCameraList(json: string): CameraDefinition[] {
  let list: unknown;
  try {
    list = JSON.parse(json);
  } catch {
    // The engine's own message quotes what is in the file, passwords too.
    throw new CameraDefinitionError("it is not JSON");
  }
  const cameras = entriesOf(list);
  if (cameras.length > MAX_CAMERAS) {
    throw new CameraDefinitionError(
      `it has ${cameras.length} cameras, and there may be ${MAX_CAMERAS}`,
    );
  }
  const ids = new Set<string>();
  return cameras.map((value, index) =>
    at(index, () => {
      const definition = parseDefinition(value);
      if (ids.has(definition.id)) {
        throw new CameraDefinitionError(`"${definition.id}" is there twice`, "id");
      }
      ids.add(definition.id);
      return definition;
    })
  );
}

/** Writes a list. */
export function formatCameraList(cameras: readonly CameraDefinition[]): string {
  return `${JSON.stringify({ cameras }, null, 2)}\n`;
}

/**
 * Reads `CAMERAS_FILE`.
 *
 * @throws {UserError} If it cannot be used: one line that names file, camera, field and value
 */
export async function readCamerasFile(
  path: string,
  isValidPipeline: (id: string) => boolean,
): Promise<CameraDefinition[]> {
  try {
    const cameras = parseCameraList(await Deno.readTextFile(path));
    cameras.forEach(({ pipeline_id }, index) =>
      at(index, () => {
        if (!isValidPipeline(pipeline_id)) throw unknownPipeline(pipeline_id);
      })
    );
    return cameras;
  } catch (cause) {
    throw new UserError(`Cannot use CAMERAS_FILE ${path}: ${problemOf(cause)}`, { cause });
  }
}

function entriesOf(list: unknown): unknown[] {
  const isObject = typeof list === "object" && list !== null && "cameras" in list;
  if (isObject && Array.isArray(list.cameras) && Object.keys(list).length === 1) {
    return list.cameras;
  }
  throw new CameraDefinitionError('expected {"cameras": […]} and nothing else');
}

/** Why a file with a list cannot be used, as the end of a sentence. */
export function problemOf(error: unknown): string {
  if (!(error instanceof CameraDefinitionError)) return reasonOf(error);
  const { field, problem } = error;
  return field === undefined ? problem : `${field}: ${problem}`;
}

/** Says of an error at which camera of the list it is, counted from 0 as JSON tools do. */
function at<T>(index: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof CameraDefinitionError)) throw error;
    const { field, problem } = error;
    const place = `cameras[${index}]${field === undefined ? "" : `.${field}`}`;
    throw new CameraDefinitionError(problem, place);
  }
}
