/**
 * The classes of a data set, and which of a model's they are.
 *
 * @module
 */

import { join } from "node:path";
import { parse as parseYaml } from "yaml";
import { reasonOf } from "../user_error.ts";
import { DatasetError } from "./errors.ts";
import type { Label } from "./parse_labels.ts";

/** What the classes of a data set are called. */
export interface ClassNames {
  /** Where the names are from, for messages. */
  path: string;
  /** By the index of the class; one without a name is left out. */
  names: ReadonlyMap<number, string>;
}

/** A class of a data set, in terms of the model. */
export interface KnownClass {
  /** Index of the class in the model, from 0. */
  classId: number;
  /** As the data set calls it, or else the model. */
  name: string;
}

/**
 * Reads the class names of a data set: `classes.txt`, a name a line, or `names` of a YAML file such as `data.yaml`.
 *
 * @returns `undefined` where there are none
 * @throws {DatasetError} If such a file cannot be read
 */
export async function readClassNames(folder: string): Promise<ClassNames | undefined> {
  for (const place of [folder, join(folder, "labels")]) {
    const files = (await Array.fromAsync(Deno.readDir(place)).catch(() => []))
      .filter(({ isDirectory }) => !isDirectory).map(({ name }) => name).sort();
    if (files.includes("classes.txt")) return await readList(join(place, "classes.txt"));
    for (const name of files.filter((file) => /\.ya?ml$/i.test(file))) {
      const found = await readYaml(join(place, name));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

async function readList(path: string): Promise<ClassNames> {
  const lines = (await readText(path)).replace(/^\ufeff/, "").trimEnd().split("\n");
  return { path, names: new Map(lines.map((line, index) => [index, line.trim()])) };
}

async function readYaml(path: string): Promise<ClassNames | undefined> {
  const text = await readText(path);
  let document: unknown;
  try {
    document = parseYaml(text);
  } catch (cause) {
    throw new DatasetError(`Cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
  if (typeof document !== "object" || document === null || !("names" in document)) return undefined;
  const { names } = document;
  const entries = typeof names === "object" && names !== null ? Object.entries(names) : [];
  const isNamed = ([index, name]: [string, unknown]) =>
    /^\d+$/.test(index) && ["string", "number", "boolean"].includes(typeof name);
  if (entries.length === 0 || !entries.every(isNamed)) {
    throw new DatasetError(`Cannot read the names in ${path}: expected a list, or names by number`);
  }
  return { path, names: new Map(entries.map(([index, name]) => [Number(index), String(name)])) };
}

async function readText(path: string): Promise<string> {
  return await Deno.readTextFile(path).catch((cause) => {
    throw new DatasetError(`Cannot read ${path}: ${reasonOf(cause)}`, { cause });
  });
}

/**
 * Tells which of a model's classes those of a data set are: by name, or by number where the data set has no names, or where
 * it names as many classes as the model has but calls them otherwise.
 *
 * @param given The names of the data set, if it has any
 * @param labels The names of the model's classes
 * @param files What uses the classes
 * @returns The classes that are used, by their index in the data set
 * @throws {DatasetError} If the model does not know a class that is used; the message names the file and line
 */
export function matchClasses(
  given: ClassNames | undefined,
  labels: readonly string[],
  files: readonly { labelPath: string; labels: readonly Label[] }[],
): Map<number, KnownClass> {
  const uses = new Map<number, string>();
  for (const { labelPath, labels } of files) {
    for (const { classId, line } of labels) {
      if (!uses.has(classId)) uses.set(classId, `line ${line} of ${labelPath}`);
    }
  }
  const nameOf = (id: number) => given?.names.get(id);
  const isByName = given !== undefined && !areSameClasses(given.names, labels);
  return new Map([...uses].map(([id, use]) => {
    const name = nameOf(id);
    if (given !== undefined && name === undefined) {
      throw new DatasetError(`Cannot use ${use}: class ${id} has no name in ${given.path}`);
    }
    const classId = isByName ? labels.indexOf(name ?? "") : id;
    const label = labels[classId];
    if (label !== undefined) return [id, { classId, name: name ?? label }];
    throw new DatasetError(
      name === undefined
        ? `Cannot use ${use}: class ${id} is beyond the model's last, ${labels.length - 1}`
        : `Cannot use ${use}: class ${id}, ${JSON.stringify(name)}, is none of the model's`,
    );
  }));
}

/** Whether a data set has as many classes as the model, none of which it has in another place. */
function areSameClasses(names: ReadonlyMap<number, string>, labels: readonly string[]): boolean {
  return names.size === labels.length &&
    [...names].every(([id, name]) => labels[id] === name || !labels.includes(name));
}
