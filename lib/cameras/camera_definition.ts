/**
 * Checks definitions of cameras, wherever they come from.
 *
 * @module
 */

import * as v from "valibot";
import { cutText } from "../cut_text.ts";
import {
  type CameraChange,
  CameraChangeSchema,
  type CameraDefinition,
  CameraDefinitionSchema,
  type CameraTrial,
  CameraTrialSchema,
} from "../protocol/camera_definition.ts";
import { ADDRESS_RULE, isCameraUrl, isMasked, maskUrl } from "./camera_url.ts";
import { RuleError } from "../events/errors.ts";
import { parseRules } from "../events/parse_rules.ts";
import { CameraDefinitionError } from "./errors.ts";

/** An id that is a part of another path. */
const RESERVED_ID = "test";

/** What each field may be, as the end of a sentence. */
const EXPECTED: Readonly<Record<string, string>> = {
  id: `1 to 40 lower-case letters, digits and hyphens, other than "${RESERVED_ID}"`,
  name: "text of 1 to 80 characters",
  url: ADDRESS_RULE,
  pipeline_id: "the id of a pipeline",
  fps: "a number between 0.1 and 60",
  always: "true or false",
  rules: "a list of rules",
};

/**
 * Checks the definition of a camera, and fills in defaults.
 *
 * @throws {CameraDefinitionError} If it cannot be used
 */
export function parseDefinition(value: unknown): CameraDefinition {
  const definition = check(CameraDefinitionSchema, withRules(value));
  if (definition.id === RESERVED_ID) fail("id", definition.id);
  checkUrl(definition.url);
  return definition;
}

/**
 * Checks what is to change of a camera.
 *
 * @returns The definition as it is then
 * @throws {CameraDefinitionError} If it cannot be used
 */
export function changeDefinition(before: CameraDefinition, value: unknown): CameraDefinition {
  const change: CameraChange = check(CameraChangeSchema, withRules(value));
  return { ...before, ...change, url: revealUrl(change.url ?? before.url, before.url) };
}

/** Checks what is to be tried. @throws {CameraDefinitionError} If it cannot be */
export function parseTrial(value: unknown): CameraTrial {
  return check(CameraTrialSchema, value);
}

/**
 * An address that a client has given, with the secrets that it was not told.
 *
 * @param known That of the camera, if it has one already
 * @throws {CameraDefinitionError} If it is none, or another one than the known, with secrets left out
 */
export function revealUrl(url: string, known?: string): string {
  if (known !== undefined && (url === known || url === maskUrl(known))) return known;
  checkUrl(url);
  return url;
}

/** Runs what checks rules. @throws {CameraDefinitionError} In place of a {@linkcode RuleError} */
export function asCameraError<Result>(check: () => Result): Result {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    throw new CameraDefinitionError(error.problem, error.place);
  }
}

/** Tells that a camera names a pipeline that is not there. */
export function unknownPipeline(id: string): CameraDefinitionError {
  const problem = `there is no pipeline ${quote(id)} (GET /pipelines lists them)`;
  return new CameraDefinitionError(problem, "pipeline_id");
}

/** A definition, or a change of one, whose rules have been checked, if it has any. */
function withRules(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("rules" in value)) return value;
  return { ...value, rules: asCameraError(() => parseRules(value.rules)) };
}

function checkUrl(url: string): void {
  if (!isCameraUrl(url)) fail("url", url);
  if (isMasked(url)) {
    const problem = "it holds *** in place of a user, a password or a value; give it in full";
    throw new CameraDefinitionError(problem, "url");
  }
}

function check<const Schema extends v.StrictObjectSchema<v.ObjectEntries, undefined>>(
  schema: Schema,
  value: unknown,
): v.InferOutput<Schema> {
  if (Array.isArray(value)) throw new CameraDefinitionError("expected a JSON object");
  const { success, output, issues } = v.safeParse(schema, value, { abortEarly: true });
  if (success) return output;
  const [{ path }] = issues;
  const field = path?.[0]?.key;
  if (typeof field !== "string") throw new CameraDefinitionError("expected a JSON object");
  const fields = Object.keys(schema.entries);
  if (fields.includes(field)) return fail(field, path?.[0]?.value);
  const shown = quote(field);
  throw new CameraDefinitionError(`no such field here, there are ${fields.join(", ")}`, shown);
}

/** Tells that a field cannot be used; of an address, only what is no secret. */
function fail(field: string, value: unknown): never {
  const shown = field === "url" && typeof value === "string" ? maskUrl(value) : value;
  const got = shown === undefined ? "nothing" : quote(shown);
  throw new CameraDefinitionError(`expected ${EXPECTED[field]}, got ${got}`, field);
}

function quote(value: unknown): string {
  return cutText(JSON.stringify(value) ?? "", 64);
}
