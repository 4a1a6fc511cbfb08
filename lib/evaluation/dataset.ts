/**
 * Folders of images with YOLO labels.
 *
 * @module
 */

import { extname, join, resolve, sep } from "node:path";
import { codeOf, reasonOf } from "../user_error.ts";
import { type ClassNames, readClassNames } from "./class_names.ts";
import { DatasetError } from "./errors.ts";
import { type Label, parseLabels } from "./parse_labels.ts";

/** An image file, and what is said to be in it. */
export interface LabelledFile {
  /** The JPEG, PNG or WebP image, not looked into yet. */
  path: string;
  /** Where its labels are; there may be no such file, which means that nothing is in the image. */
  labelPath: string;
  /** In the order of their lines. */
  labels: Label[];
}

/** A folder of images with labels. */
export interface Dataset {
  /** In the order of their paths. */
  files: LabelledFile[];
  /** Names of the classes, where the folder has them. */
  names: ClassNames | undefined;
}

const IMAGE_EXTENSIONS = new Set([".jpg", ".jpeg", ".png", ".webp"]);

/**
 * Reads the labels of all images in a folder and in those below it.
 *
 * The labels of an image are in the `.txt` file of the same name, beside it or where the last folder called `images` of its
 * path is called `labels`.
 *
 * @throws {DatasetError} If there is no such folder, no image, or no label, or if labels are malformed
 */
export async function readDataset(folder: string): Promise<Dataset> {
  const paths = await findImages(folder);
  if (paths.length === 0) {
    throw new DatasetError(`There is no JPEG, PNG or WebP image in ${folder}`);
  }
  const files: LabelledFile[] = [];
  let isLabelled = false;
  for (const path of paths) {
    const [beside, apart] = labelPaths(path);
    const own = await readIfThere(beside);
    const text = own ?? (apart && await readIfThere(apart));
    const labelPath = own === undefined && apart !== undefined ? apart : beside;
    isLabelled ||= text !== undefined;
    files.push({ path, labelPath, labels: parseLabels(text ?? "", labelPath) });
  }
  if (!isLabelled) {
    throw new DatasetError(
      `There are no labels for the images in ${folder}: expected .txt files beside them, or ` +
        `folders images and labels with the same names`,
    );
  }
  if (files.every(({ labels }) => labels.length === 0)) {
    throw new DatasetError(`There is no object in the labels of ${folder}`);
  }
  return { files, names: await readClassNames(folder) };
}

/**
 * Images in a folder and below, sorted; what begins with a dot is left out.
 *
 * @param seen The folders that were looked into, since links can lead in circles
 * @returns Paths of JPEG, PNG and WebP files, by their names
 * @throws {DatasetError} If the folder cannot be read
 */
export async function findImages(folder: string, seen = new Set<string>()): Promise<string[]> {
  const paths: string[] = [];
  try {
    const place = await Deno.realPath(folder);
    if (seen.has(place)) return [];
    seen.add(place);
    for await (const { name, isDirectory, isSymlink } of Deno.readDir(folder)) {
      if (name.startsWith(".")) continue;
      const path = join(folder, name);
      const isFolder = isSymlink ? (await Deno.stat(path)).isDirectory : isDirectory;
      if (isFolder) paths.push(...await findImages(path, seen));
      else if (IMAGE_EXTENSIONS.has(extname(name).toLowerCase())) paths.push(path);
    }
  } catch (cause) {
    if (cause instanceof DatasetError) throw cause;
    const reason = codeOf(cause) === "ENOTDIR" ? "it is no folder" : reasonOf(cause);
    throw new DatasetError(`Cannot read ${folder}: ${reason}`, { cause });
  }
  return paths.sort();
}

/** Where an image's labels may be, the likelier place first. */
function labelPaths(path: string): [string, ...string[]] {
  const beside = `${path.slice(0, path.length - extname(path).length)}.txt`;
  // Absolute only where it has to be, since messages show it.
  for (const from of [beside, resolve(beside)]) {
    const parts = from.split(sep);
    const at = parts.lastIndexOf("images", -2);
    if (at >= 0) return [beside, parts.with(at, "labels").join(sep)];
  }
  return [beside];
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw new DatasetError(`Cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
}
