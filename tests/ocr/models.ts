import {
  TEXT_MODEL_NAMES,
  TEXT_PRECISIONS,
  type TextModelName,
  type TextPrecision,
} from "../../lib/config.ts";
import { TextReader, type TextReaderOptions } from "../../lib/ocr/text_reader.ts";
import { loadTextModel } from "../../lib/models/load_text_model.ts";
import { textModelFiles } from "../../lib/models/text_models.ts";
import { ensureModel, MODEL_DIR } from "../pipeline/models.ts";

/** The files of a text model, the default one if none is named; fetched when they are missing. */
export async function loadTextModels(
  name: TextModelName = TEXT_MODEL_NAMES[0],
  precision: TextPrecision = TEXT_PRECISIONS[0],
): Promise<Omit<TextReaderOptions, "threads">> {
  await Promise.all(textModelFiles(name).map(({ id }) => ensureModel(id)));
  return await loadTextModel(MODEL_DIR, name, precision);
}

/** Loads both networks, on one thread. */
export async function loadTextReader(name?: TextModelName): Promise<TextReader> {
  return await TextReader.create({ ...await loadTextModels(name), threads: 1 });
}
