/** Finds out how a model can compute with 8-bit integers: `deno task quantize --images FOLDER`. */

import { join } from "node:path";
import { PIPELINE_DEFAULTS, TEXT_MODEL_NAMES, type TextModelName } from "../lib/config.ts";
import { findImages } from "../lib/evaluation/dataset.ts";
import { writeCalibration } from "../lib/models/calibration.ts";
import { measureCalibration } from "../lib/models/measure_calibration.ts";
import { measureTextCalibrations } from "../lib/models/measure_text_calibration.ts";
import { modelPath } from "../lib/models/model_catalog.ts";
import { loadTextModel } from "../lib/models/load_text_model.ts";
import { textModelFiles } from "../lib/models/text_models.ts";
import { MAX_PIXELS } from "./detect_in_files.ts";
import { defaultModelDirectory } from "./models.ts";
import { comparePrecisions } from "./compare_precisions.ts";
import { compareReadings } from "./compare_readings.ts";
import { explainImageError, readImageFile } from "./image_file.ts";
import { runCommand } from "./run_command.ts";
import { countImages, showProgress } from "./image_progress.ts";
import { readOptions } from "./read_options.ts";
import { UsageError } from "./usage_error.ts";
import { print } from "./write_output.ts";

const USAGE = `Usage: deno task quantize [options] --images FOLDER

Measures which values a detector's network takes on images, so that livesyte can compute it with 8-bit
integers, which is faster on most processors. The images should be like those that the detector will
see; a hundred are enough, and they need no labels. What was measured is written beside the model, and
used at the next start, unless YOLO_PRECISION=fp32. The same goes for the networks that read text, with
images of text, and OCR_PRECISION.

The models that livesyte fetches need none of this.

Options:
  --images FOLDER  JPEG, PNG and WebP images, in folders below too
  --model NAME     A model's name, or the path of an ONNX file (default: YOLO_MODEL, or yolov8n);
                   PP-OCRv6_small for what reads text
  -h, --help       Show this text
`;

/** Fewer images leave much to chance. */
const ENOUGH_IMAGES = 32;

/**
 * Runs the command.
 *
 * @param args Command-line arguments, without the program's name.
 * @returns The exit code.
 * @throws {UsageError} If the arguments make no sense, or name what cannot be used.
 * @throws {ModelError} If the model cannot be used, or the calibration cannot be written.
 */
async function runQuantize(args: string[]): Promise<number> {
  const options = parseOptions(args);
  if (options === undefined) {
    await print(USAGE);
    return 0;
  }
  const directory = Deno.env.get("MODEL_DIR") || defaultModelDirectory();
  const images = await findImages(options.images);
  if (images.length === 0) {
    throw new UsageError(`There is no JPEG, PNG or WebP image in ${options.images}`);
  }
  const textModel = TEXT_MODEL_NAMES.find((name) => name === options.model);
  const { written, compare } = textModel === undefined
    ? await calibrateDetector(modelPath(options.model, directory), images)
    : await calibrateText(directory, textModel, images);
  await print(`Wrote ${written.join(" and ")}, measured on ${countImages(images.length)}\n`);
  if (images.length < ENOUGH_IMAGES) {
    await print(
      `That is few: take ${ENOUGH_IMAGES} or more, so that it does not depend on chance\n`,
    );
  }
  await print(await compare());
  return 0;
}

function parseOptions(args: string[]): { images: string; model: string } | undefined {
  const { values } = readOptions("quantize", {
    args,
    options: {
      images: { type: "string" },
      model: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return undefined;
  if (!values.images) {
    throw new UsageError('Name a folder of images with --images; see "quantize --help"');
  }
  const model = values.model ?? (Deno.env.get("YOLO_MODEL") || PIPELINE_DEFAULTS.model);
  return { images: values.images, model };
}

/** What was written, and what tells how far 8 bits agree with float32. */
interface Calibrated {
  written: string[];
  compare: () => Promise<string>;
}

async function calibrateDetector(path: string, images: readonly string[]): Promise<Calibrated> {
  const calibration = await lookAt(
    images,
    (read, options) =>
      measureCalibration(path, read, { ...options, input: PIPELINE_DEFAULTS.inputSize }),
  );
  const written = await writeCalibration(path, calibration);
  return { written: [written], compare: () => comparePrecisions(path, images) };
}

async function calibrateText(
  directory: string,
  name: TextModelName,
  images: readonly string[],
): Promise<Calibrated> {
  const models = await loadTextModel(directory, name, "fp32");
  const { detector, recognizer } = await lookAt(
    images,
    (read, options) => measureTextCalibrations(models, read, options),
  );
  const [detectorPath = "", recognizerPath = ""] = textModelFiles(name)
    .map(({ file }) => join(directory, file));
  const written = [
    await writeCalibration(detectorPath, detector),
    await writeCalibration(recognizerPath, recognizer),
  ];
  return { written, compare: () => compareReadings(directory, name, images) };
}

/** Has images looked at one by one, and shows how many have been. */
async function lookAt<Result>(
  images: readonly string[],
  measure: (
    read: AsyncIterable<Uint8Array>,
    options: { maxPixels: number; onImage: () => void },
  ) => Promise<Result>,
): Promise<Result> {
  using progress = await showProgress(images.length);
  let current = "";
  async function* read() {
    for (current of images) yield await readImageFile(current);
  }
  try {
    const onImage = () => progress.advance(current);
    return await measure(read(), { maxPixels: MAX_PIXELS, onImage });
  } catch (error) {
    throw explainImageError(current, error);
  }
}

if (import.meta.main) await runCommand(() => runQuantize(Deno.args));
