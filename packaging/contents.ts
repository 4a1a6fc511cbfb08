/**
 * What goes into a binary.
 *
 * @module
 */

import { TEXT_MODEL_NAMES } from "../lib/config.ts";
import { type ModelEntry, MODELS } from "../lib/models/model_catalog.ts";
import { textModelFiles } from "../lib/models/text_models.ts";
import project from "../deno.json" with { type: "json" };

/** What a binary is to hold. */
export interface ContentsOptions {
  /** Whether it brings the default models; else they are fetched at the first start. */
  models: boolean;
  /** Whether it brings FFmpeg, to read video files. */
  video: boolean;
}

/** The project, as a URL that ends with a slash. */
export const ROOT: URL = new URL("../", import.meta.url);

/** The project's `deno.json`; without links, Fresh comes from JSR. */
export const PROJECT: typeof project & { links?: string[] } = project;

/** Version of livesyte. */
export const VERSION: string = project.version;

/** Files and folders of the project that the program reads or imports while it runs. */
const PROGRAM = [
  "_fresh",
  "app.ts",
  "client",
  "commands",
  "components",
  "islands",
  "lib",
  ...PROJECT.links ?? [],
  "main.ts",
  "pipelines",
  "routes",
  "services.ts",
  "state.ts",
  "static",
];

/** Paths of everything from the project that belongs in, relative to {@linkcode ROOT}. */
export function projectFiles({ models }: ContentsOptions): string[] {
  return models ? [...PROGRAM, ...modelFiles()] : PROGRAM;
}

/** The default models, or what stands in for the one that reads text where set-up could not fetch that. */
function modelFiles(): string[] {
  const detectors = MODELS.filter(({ role, default: isDefault }) =>
    role === "detector" && isDefault
  );
  const pathsOf = (models: readonly ModelEntry[]) => models.map(({ file }) => `models/${file}`);
  const text = TEXT_MODEL_NAMES.map((name) => pathsOf(textModelFiles(name)));
  const there = text.find((paths) => paths.every((path) => isThere(path))) ?? text[0] ?? [];
  return [...pathsOf(detectors), ...there];
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(new URL(path, ROOT)).isFile;
  } catch {
    return false;
  }
}

/** Modules at which a thread or process starts, or which are imported by a computed address. */
export function entryModules({ video }: ContentsOptions): string[] {
  const workers = findFiles("lib", (name) => name.endsWith("worker.ts"));
  const entries = ["main.ts", "_fresh/server.js", ...workers];
  return video ? [...entries, "lib/video/decode/decode_process.ts"] : entries;
}

function findFiles(folder: string, isWanted: (name: string) => boolean): string[] {
  return [...Deno.readDirSync(new URL(folder, ROOT))].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (isDirectory) return findFiles(path, isWanted);
    return isWanted(name) ? [path] : [];
  });
}

/** The permissions of `deno task start`, so that a binary may do the same and no more. */
export function permissions(): string[] {
  return project.tasks.start.match(/--(?:no-prompt|allow-\S+)/g) ?? [];
}
