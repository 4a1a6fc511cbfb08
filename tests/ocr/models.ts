import { TextReader } from "../../lib/ocr/text_reader.ts";
import { ensureModel } from "../pipeline/models.ts";

/** The files of PP-OCRv4, fetched when they are missing. */
export async function loadTextModels(): Promise<
  { detectorModel: Uint8Array; recognizerModel: Uint8Array; dictionary: string }
> {
  return {
    detectorModel: await Deno.readFile(await ensureModel("ch_PP-OCRv4_det")),
    recognizerModel: await Deno.readFile(await ensureModel("ch_PP-OCRv4_rec")),
    dictionary: await Deno.readTextFile(await ensureModel("ppocr_keys_v1")),
  };
}

/** Loads both networks, on one thread. */
export async function loadTextReader(): Promise<TextReader> {
  return await TextReader.create({ ...await loadTextModels(), threads: 1 });
}
