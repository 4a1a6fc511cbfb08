import { join } from "node:path";
import type { TextModelName, TextPrecision } from "../config.ts";
import { ModelNotFoundError } from "../onnx/errors.ts";
import { integersOverflow } from "../onnx/integer_overflow.ts";
import type { TextRanges, TextReaderOptions } from "../ocr/text_reader.ts";
import { findCalibration, rangesOf } from "./calibration.ts";
import { TEXT_MODEL_TRAITS, textModelFiles } from "./text_models.ts";

/**
 * Reads the files of a text model.
 *
 * @param folder Folder of the model files.
 * @param precision `auto` for 8-bit integers, if the model is calibrated and they do not overflow on this processor
 * @throws {ModelNotFoundError} If one of them is not there
 * @throws {ModelError} If a calibration beside the model cannot be read
 */
export async function loadTextModel(
  folder: string,
  name: TextModelName,
  precision: TextPrecision,
): Promise<Omit<TextReaderOptions, "threads">> {
  const [detector = "", recognizer = "", dictionary] = textModelFiles(name)
    .map(({ file }) => join(folder, file));
  // One after the other, so that of two missing files it is always the first that is named.
  const detectorModel = await readModel(detector);
  const recognizerModel = await readModel(recognizer);
  const ofDetector = await findCalibration(detector, [detectorModel]);
  const ofRecognizer = await findCalibration(recognizer, [recognizerModel]);
  const isInteger = precision === "auto" && ofDetector && ofRecognizer &&
    !await integersOverflow();
  const ranges: TextRanges | undefined = isInteger
    ? { detector: rangesOf(ofDetector), recognizer: rangesOf(ofRecognizer) }
    : undefined;
  return {
    detectorModel,
    recognizerModel,
    dictionary: dictionary && new TextDecoder().decode(await readModel(dictionary)),
    ranges,
    ...TEXT_MODEL_TRAITS[name],
  };
}

async function readModel(path: string): Promise<Uint8Array> {
  return await Deno.readFile(path).catch((cause) => {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    const message =
      `Cannot find the model ${path}: run "deno task models" to fetch what is missing`;
    throw new ModelNotFoundError(message, { cause });
  });
}
