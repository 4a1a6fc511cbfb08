/** Whose weights may be used: the setting `LICENCE`. @module */

import type { Environment } from "./environment.ts";

/** What `LICENCE` takes; the first is the default. */
const CHOICES = ["any", "permissive"] as const;

/** Whose weights may be used: any, or those under a permissive licence only. */
export type LicenceChoice = typeof CHOICES[number];

/** The detector that is used unless `YOLO_MODEL` is set. */
export const DEFAULT_DETECTORS: Readonly<Record<LicenceChoice, string>> = {
  any: "yolov8n",
  permissive: "yolox_nano",
};

/**
 * Reads the setting.
 *
 * @throws {ConfigError} If it is no such choice
 */
export function readLicence(environment: Environment): LicenceChoice {
  return environment.choice("LICENCE", CHOICES, CHOICES[0]);
}
