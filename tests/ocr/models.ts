import { TEXT_MODEL_NAMES, type TextModelName } from "../../lib/config.ts";
import { TextReader, type TextReaderOptions } from "../../lib/ocr/text_reader.ts";
import { TEXT_MODEL_TRAITS, textModelFiles } from "../../lib/models/text_models.ts";
import { ensureModel } from "../pipeline/models.ts";

/** The files of a text model, the default one if none is named; fetched when they are missing. */
export async function loadTextModels(
  name: TextModelName = TEXT_MODEL_NAMES[0],
): Promise<Omit<TextReaderOptions, "threads">> {
  const paths = await Promise.all(textModelFiles(name).map(({ id }) => ensureModel(id)));
  const [detector = "", recognizer = "", dictionary] = paths;
  return {
    detectorModel: await Deno.readFile(detector),
    recognizerModel: await Deno.readFile(recognizer),
    dictionary: dictionary && await Deno.readTextFile(dictionary),
    ...TEXT_MODEL_TRAITS[name],
  };
}

/** Loads both networks, on one thread. */
export async function loadTextReader(name?: TextModelName): Promise<TextReader> {
  return await TextReader.create({ ...await loadTextModels(name), threads: 1 });
}
