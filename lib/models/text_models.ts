/**
 * The models that read text, each a set of files: which there are, how each is fed, and which one is to be used.
 *
 * @module
 */

import { join } from "node:path";
import type { TextModelName } from "../config.ts";
import { ModelNotFoundError } from "../onnx/errors.ts";
import type { TextReaderOptions } from "../ocr/text_reader.ts";
import { type ModelEntry, MODELS } from "./model_catalog.ts";

/** What reads text where the one that is wanted cannot be had: it comes from where the packages come from. */
export const FALLBACK_TEXT_MODEL: TextModelName = "ch_PP-OCRv4";

/** How a text model is fed. */
export type TextModelTraits = Pick<TextReaderOptions, "finding" | "reading">;

/**
 * How each text model is fed.
 *
 * For the same image PP-OCRv6 takes 1.4 times as long to find lines as PP-OCRv4, hence it sees a smaller one. Its
 * boxes leave room around the text, and narrow letters do for a first reading, since it is sure of what it reads;
 * those of PP-OCRv4 leave none, and without a margin it takes "No." for "N0." and leaves out one space in eight.
 * docs/decisions.md has the figures.
 */
export const TEXT_MODEL_TRAITS: Readonly<Record<TextModelName, TextModelTraits>> = {
  "PP-OCRv6_small": {
    finding: {
      mean: [0.5, 0.5, 0.5],
      deviation: [0.5, 0.5, 0.5],
      maxSide: 816,
      scale: 0.85,
    },
    reading: { margin: 0, stretch: 0.7, sure: 0.99, wider: 1 },
  },
  "ch_PP-OCRv4": {
    finding: {
      mean: [0.485, 0.456, 0.406],
      deviation: [0.229, 0.224, 0.225],
      maxSide: 960,
      scale: 1,
    },
    reading: { margin: 0.15, stretch: 1, sure: 0.97, wider: 1.2 },
  },
};

/** The files of a text model: what finds lines, what reads them, and its characters where that does not tell them. */
export function textModelFiles(name: TextModelName): ModelEntry[] {
  return MODELS.filter(({ set }) => set === name);
}

/**
 * The text model that a server uses: the one that is wanted, or what stands in for it where that is all there is.
 *
 * @param folder Folder of the model files.
 * @throws {ModelNotFoundError} If there is neither.
 */
export async function chooseTextModel(
  folder: string,
  wanted: TextModelName,
): Promise<TextModelName> {
  const missing = await findMissing(folder, wanted);
  if (missing === undefined) return wanted;
  if (await findMissing(folder, FALLBACK_TEXT_MODEL) === undefined) return FALLBACK_TEXT_MODEL;
  throw new ModelNotFoundError(
    `Cannot find the model ${missing}: run "deno task models" to fetch what is missing`,
  );
}

async function findMissing(folder: string, name: TextModelName): Promise<string | undefined> {
  for (const { file } of textModelFiles(name)) {
    const path = join(folder, file);
    const isThere = await Deno.stat(path).then(({ isFile }) => isFile, () => false);
    if (!isThere) return path;
  }
  return undefined;
}
