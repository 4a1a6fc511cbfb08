/** Measures the accuracy of the detector on labelled images: `deno task evaluate DIR`. */

import { access } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { parseConfig, PIPELINE_DEFAULTS, type PipelineConfig } from "../lib/config.ts";
import { Detector } from "../lib/detection/detector.ts";
import { matchClasses } from "../lib/evaluation/class_names.ts";
import { readDataset } from "../lib/evaluation/dataset.ts";
import { evaluateDetections } from "../lib/evaluation/evaluate_detections.ts";
import { shapeInput } from "../lib/image/input_shape.ts";
import type { Size } from "../lib/image/size.ts";
import type { TileGrid } from "../lib/image/tile_grid.ts";
import { modelPath, MODELS } from "../lib/models/model_catalog.ts";
import { ModelStore } from "../lib/models/model_store.ts";
import {
  arithmeticOf,
  choosePrecision,
  loadUncut,
  prepareDetector,
} from "../lib/models/specialized_model.ts";
import { ModelCache } from "../lib/pipeline/model_cache.ts";
import { detectInFiles, type Looking } from "./detect_in_files.ts";
import {
  type EvaluatedDetector,
  type EvaluationReport,
  formatReport,
  toJson,
} from "./evaluation_report.ts";
import { defaultModelDirectory, fetchModels } from "./models.ts";
import { readTiles } from "./read_tiles.ts";
import { readOptions } from "./read_options.ts";
import { UsageError } from "./usage_error.ts";
import { print } from "./write_output.ts";

const USAGE = `Usage: deno task evaluate [options] DIR

Measures how accurate the detector is on images with YOLO labels, as COCO does (mAP50-95, mAP50), with
the model and input in use, and beside it the network as it was exported at 640x640, of which each
class is looked at by itself. Precision and recall are those at an overlap of 0.5 and above the
confidence in use.

An image's labels are in the .txt file of the same name, beside it or in a folder called labels where
the image is in one called images. Names of classes, in classes.txt or data.yaml, are looked up among
the model's; without them the numbers are those of the model.

Options:
  --tiles GRID       Measure the model in use with tiles, such as 2x2, beside the whole image
  --json             Print one JSON object in place of tables
  --reference MODEL  What to compare with (default: the model itself; for X-int8.onnx, X.onnx beside it)
  -h, --help         Show this text

The settings MODEL_DIR, YOLO_MODEL, YOLO_PRECISION, YOLO_CONFIDENCE, YOLO_IOU, PIPELINE_INPUT_SIZE and
PIPELINE_THREADS are those of the server. If YOLO_PRECISION is auto, a model that is calibrated computes
with 8 bits here, even if this processor is no faster with them.

Exit codes: 0 when all is done, 2 when something cannot be used.
`;

/** Detections from here on are looked at: mean average precision needs those that nobody would be shown. */
const LEAST_CONFIDENCE = 0.001;

/** Input of the network that the one in use is compared with. */
const UNCUT_INPUT: Size = { width: 640, height: 640 };

/** A detector, and what it is. */
interface Evaluated extends Looking {
  labels: readonly string[];
  release(): Promise<void>;
  description: Omit<EvaluatedDetector, "evaluation">;
}

/**
 * Runs the command.
 *
 * @param args Command-line arguments, without the program's name and the command's.
 * @returns The exit code.
 * @throws {UsageError} If the arguments make no sense, or an image or the reference cannot be used.
 * @throws {DatasetError} If the images or labels cannot be used.
 * @throws {ConfigError} If an environment variable cannot be used.
 * @throws {ModelError} If a model cannot be fetched or used.
 */
export async function runEvaluate(args: string[]): Promise<number> {
  const options = parseOptions(args);
  if (options === undefined) {
    await print(USAGE);
    return 0;
  }
  const { folder, json, reference, tiles } = options;
  const { modelDirectory, pipeline } = parseConfig(Deno.env.toObject(), {
    modelDirectory: defaultModelDirectory(),
  });
  const { files, names } = await readDataset(folder);
  const wanted = [pipeline.model, reference];
  await fetchModels(new ModelStore(modelDirectory), MODELS.filter(({ id }) => wanted.includes(id)));
  const path = modelPath(pipeline.model, modelDirectory);
  const inUse = await loadInUse(path, pipeline, tiles);
  const uncutPath = reference === undefined
    ? await originalOf(path)
    : modelPath(reference, modelDirectory);
  const uncut = await loadAsExported(uncutPath, pipeline);
  const classes = matchClasses(names, inUse.labels, files);
  const compared = matchClasses(names, uncut.labels, files);
  if ([...classes].some(([id, { classId }]) => compared.get(id)?.classId !== classId)) {
    throw new UsageError(`Cannot compare with ${uncutPath}: it numbers its classes otherwise`);
  }
  const found = await detectInFiles(files, classes, [inUse, uncut]);
  const [used, exported] = [inUse, uncut].map(({ description }, index) => ({
    ...description,
    evaluation: evaluateDetections(found[index] ?? [], pipeline.confidence),
  })) as [EvaluatedDetector, EvaluatedDetector];
  await Promise.all([inUse.release(), uncut.release()]);
  const report: EvaluationReport = {
    folder,
    images: files.length,
    confidence: pipeline.confidence,
    iou: pipeline.iou,
    classNames: new Map([...classes.values()].map(({ classId, name }) => [classId, name])),
    inUse: used,
    uncut: exported,
  };
  await print(json ? toJson(report) : formatReport(report));
  return 0;
}

/** What is to be done. */
interface EvaluateOptions {
  folder: string;
  json: boolean;
  reference: string | undefined;
  tiles: TileGrid | undefined;
}

function parseOptions(
  args: string[],
): EvaluateOptions | undefined {
  const parsed = readOptions("evaluate", {
    args,
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      reference: { type: "string" },
      tiles: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { values, positionals: [folder = "", ...others] } = parsed;
  const { json, reference, tiles, help } = values;
  if (help) return undefined;
  if (folder === "" || others.length > 0) {
    throw new UsageError('Name one folder of images and labels; see "evaluate --help"');
  }
  return { folder, json, reference, tiles: tiles === undefined ? undefined : readTiles(tiles) };
}

/** The file that `deno task quantize` has made a copy of, where it is beside the copy; otherwise the same file. */
async function originalOf(path: string): Promise<string> {
  const original = join(dirname(path), basename(path).replace(/-int8\.onnx$/, ".onnx"));
  return await access(original).then(() => original, () => path);
}

async function loadInUse(
  path: string,
  settings: PipelineConfig,
  tiles: TileGrid | undefined,
): Promise<Evaluated> {
  const { inputSize, iou, threads = navigator.hardwareConcurrency } = settings;
  const like = inputSize ?? PIPELINE_DEFAULTS.inputSize;
  const prepared = await prepareDetector(path, {
    size: like,
    confidence: LEAST_CONFIDENCE,
    precision: await choosePrecision(path, settings.precision),
  });
  const { ownInput, precision, layout: { input, labels } } = prepared;
  const fitsFrames = inputSize === undefined && ownInput === undefined;
  const cache = new ModelCache(settings.modelMemoryBytes);
  return {
    detectorFor: (image) => {
      const shape = fitsFrames ? shapeInput(image, like) : input;
      return cache.detector({ prepared, input: shape, threads, device: "cpu", iou });
    },
    agnostic: true,
    tiles,
    labels,
    release: () => cache.release(),
    description: {
      model: basename(path),
      input,
      fits_frames: fitsFrames,
      tiles: tiles === undefined ? null : `${tiles.columns}x${tiles.rows}`,
      arithmetic: precision === "int8" ? "8 bits" : await arithmeticOf(path),
    },
  };
}

async function loadAsExported(path: string, settings: PipelineConfig): Promise<Evaluated> {
  const { iou, threads = navigator.hardwareConcurrency } = settings;
  const uncut = await loadUncut(path, UNCUT_INPUT);
  const confidence = LEAST_CONFIDENCE;
  const detector = await Detector.create({ ...uncut, iou, threads, confidence });
  return {
    detectorFor: () => Promise.resolve(detector),
    // As the figures that are published for models are measured.
    agnostic: false,
    labels: detector.labels,
    release: () => detector.release(),
    description: {
      model: basename(path),
      input: uncut.layout.input,
      fits_frames: false,
      tiles: null,
      arithmetic: await arithmeticOf(path),
    },
  };
}
