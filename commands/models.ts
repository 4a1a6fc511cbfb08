/** Fetches model files: `deno task models [names]`. */

import { fileURLToPath } from "node:url";
import { PIPELINE_DEFAULTS, readTextModel, type TextModelName } from "../lib/config.ts";
import { Environment } from "../lib/environment.ts";
import { DEFAULT_DETECTORS, readLicence } from "../lib/licence.ts";
import { ModelFetchError } from "../lib/onnx/errors.ts";
import { type ModelEntry, MODELS, refuseCopyleft } from "../lib/models/model_catalog.ts";
import { type FetchProgress, ModelStore } from "../lib/models/model_store.ts";
import { chooseTextModel, FALLBACK_TEXT_MODEL, textModelFiles } from "../lib/models/text_models.ts";
import { listOwnModels } from "../lib/models/own_models.ts";
import { runAddModel } from "./add_model.ts";
import { printable } from "./printable.ts";
import { runCommand } from "./run_command.ts";
import { readOptions } from "./read_options.ts";
import { UsageError } from "./usage_error.ts";

const USAGE = `Usage: deno task models [options] [names]
       deno task models add FILE [--name NAME] [--licence LICENCE]

Fetches the models that the pipelines need, or those named, into MODEL_DIR (default: ./models). Models that are there
already are not fetched again. The settings of npm and pip for registry, index, proxy and certificates apply here too. If
PyPI cannot be reached, ch_PP-OCRv4 from npm reads text until it can.

With add, a detector or classifier of your own, an ONNX file, is checked, copied into MODEL_DIR and measured. From then on
YOLO_MODEL and pipelines know it by its name: that of the file without .onnx, or NAME.

Options:
  --permissive  Fetch what works without AGPL weights, as LICENCE=permissive does: yolox_nano in place of yolov8n
  --list        Show all models: size, licence, whether in use, whether present, source
  --quiet       Print nothing if all models are there
  -h, --help    Show this text
`;

/** How long a server of wheels may be silent where something stands in for what it has, in milliseconds. */
const RETRY_MS = 5000;

/** The `models` folder beside the program, which a binary brings, or else one in the working directory. */
export function defaultModelDirectory(): string {
  const beside = fileURLToPath(new URL("../models", import.meta.url));
  try {
    Deno.statSync(beside);
    return beside;
  } catch {
    return "./models";
  }
}

/**
 * Runs the command.
 *
 * @param args Command-line arguments, without the program's name.
 * @returns The exit code.
 * @throws {UsageError} If the arguments make no sense.
 * @throws {ModelFetchError} If a model cannot be fetched.
 */
export async function runModels(args: string[]): Promise<number> {
  const directory = Deno.env.get("MODEL_DIR") || defaultModelDirectory();
  if (args[0] === "add" && !args.some((argument) => ["--help", "-h"].includes(argument))) {
    write(`${await runAddModel(args.slice(1), directory)}\n`);
    return 0;
  }
  const { values, positionals } = readOptions("models", {
    args,
    allowPositionals: true,
    options: {
      list: { type: "boolean" },
      permissive: { type: "boolean" },
      quiet: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    write(USAGE);
    return 0;
  }
  const unknown = positionals.filter((name) => !MODELS.some((model) => model.id === name));
  if (unknown.length > 0) {
    const known = MODELS.map((model) => model.id).join(", ");
    throw new UsageError(`Unknown model: ${unknown.join(", ")}; known are ${known}`);
  }
  const variables = Deno.env.toObject();
  const textModel = readTextModel(variables);
  const licence = values.permissive ? "permissive" : readLicence(new Environment(variables));
  const detectors = [DEFAULT_DETECTORS[licence], variables.YOLO_MODEL ?? ""];
  const detector = detectors[1] || detectors[0];
  if (licence === "permissive") refuseCopyleft([...detectors, ...positionals]);
  if (values.list) {
    await printList(directory, detector, textModel);
    return 0;
  }
  const named = MODELS.filter(({ id }) => positionals.includes(id));
  const fetched = named.length > 0
    ? await fetchModels(new ModelStore(directory), named)
    : await fetchDefaults(directory, detectors, textModel);
  if (fetched.length === 0 && !values.quiet) write("All models are there already\n");
  return 0;
}

async function fetchDefaults(
  directory: string,
  detectors: readonly string[],
  textModel: TextModelName,
): Promise<ModelEntry[]> {
  const wanted = MODELS.filter(({ role, id }) => role === "detector" && detectors.includes(id));
  return [
    ...await fetchModels(new ModelStore(directory), wanted),
    ...await fetchTextModel(directory, textModel),
  ];
}

/**
 * Fetches a text model, or what stands in for it where its server cannot be reached; the next call tries again.
 *
 * @throws {ModelFetchError} If neither can be fetched.
 */
async function fetchTextModel(directory: string, name: TextModelName): Promise<ModelEntry[]> {
  const standIn = textModelFiles(FALLBACK_TEXT_MODEL);
  // Nobody should wait long at each start for a server that was not there at the last one.
  const wheelTimeoutMs = await isComplete(directory, FALLBACK_TEXT_MODEL) ? RETRY_MS : undefined;
  try {
    const store = new ModelStore(directory, { wheelTimeoutMs });
    return await fetchModels(store, textModelFiles(name));
  } catch (error) {
    if (!(error instanceof ModelFetchError) || name === FALLBACK_TEXT_MODEL) throw error;
    const fetched = await fetchModels(new ModelStore(directory), standIn);
    writeError(`${error.message}; until then ${FALLBACK_TEXT_MODEL} reads text\n`);
    return fetched;
  }
}

async function isComplete(directory: string, name: TextModelName): Promise<boolean> {
  const store = new ModelStore(directory);
  const present = await Promise.all(textModelFiles(name).map((model) => store.isPresent(model)));
  return present.every(Boolean);
}

/**
 * Fetches what a server with these detectors needs and has not got, as a binary without models does at its first start.
 *
 * @param detectors Ids of models; names and paths of other files may be among them, and are not fetched.
 * @param textModel Not fetched where there is what stands in for it, since set-up has just tried.
 * @throws {ModelFetchError} If one cannot be fetched.
 */
export async function ensureModels(
  directory: string,
  detectors: readonly string[],
  textModel: TextModelName,
): Promise<void> {
  const named = MODELS.filter(({ id, role }) => role === "detector" && detectors.includes(id));
  await fetchModels(new ModelStore(directory), named);
  if (!await isComplete(directory, FALLBACK_TEXT_MODEL)) await fetchTextModel(directory, textModel);
}

/**
 * Fetches what is missing, and shows on standard error how far it is: a bar on a terminal, plain lines elsewhere.
 *
 * @returns What was fetched.
 * @throws {ModelFetchError} If a model cannot be fetched.
 */
export async function fetchModels(
  store: ModelStore,
  models: readonly ModelEntry[],
): Promise<ModelEntry[]> {
  const display = Deno.stderr.isTerminal() ? await createBar() : createLines();
  let fetched: ModelEntry[];
  try {
    fetched = await store.fetch(models, (progress) => display.update(progress));
  } finally {
    display.stop();
  }
  for (const model of fetched) {
    writeError(`Fetched ${store.path(model)} (${sizeOf(model.size)})\n`);
    if (model.role === "detector") await quantizeCopy(store.path(model));
  }
  const copyleft = fetched.filter((model) => model.licence === "AGPL-3.0").map((model) => model.id);
  if (copyleft.length > 0) {
    writeError(
      `The weights of ${copyleft.join(" and ")} are under the AGPL-3.0 licence, which also binds ` +
        `those who offer them over a network; yolox_nano is under Apache-2.0\n`,
    );
  }
  return fetched;
}

/** Makes the copy that computes with 8-bit integers now, so that a server need not be able to write to the folder. */
async function quantizeCopy(path: string): Promise<void> {
  const { possiblePrecisions, prepareDetector } = await import(
    "../lib/models/specialized_model.ts"
  );
  const { precisions: [precision] } = await possiblePrecisions(path, "auto");
  const { inputSize: size, confidence } = PIPELINE_DEFAULTS;
  if (precision === "int8") await prepareDetector(path, { size, confidence, precision });
}

async function printList(
  directory: string,
  detector: string,
  wanted: TextModelName,
): Promise<void> {
  const store = new ModelStore(directory);
  const textModel = await chooseTextModel(directory, wanted).catch(() => wanted);
  const rows = [["id", "size", "licence", "in use", "present", "from"]];
  for (const model of MODELS) {
    const isUsed = model.id === detector || model.set === textModel;
    const answers = [isUsed, await store.isPresent(model)].map((is) => is ? "yes" : "no");
    rows.push([model.id, sizeOf(model.size), model.licence, ...answers, originOf(model)]);
  }
  for (const { name, size, notes } of await listOwnModels(directory)) {
    const isUsed = name === detector ? "yes" : "no";
    rows.push([name, sizeOf(size), notes?.licence ?? "unknown", isUsed, "yes", "added"]);
  }
  for (const [id = "", size = "", ...rest] of rows) {
    const columns = rest.map((cell) => cell.padEnd(12)).join("");
    write(`${printable(`${id.padEnd(20)}${size.padStart(8)}  ${columns.trimEnd()}`)}\n`);
  }
}

function originOf({ source }: ModelEntry): string {
  if ("url" in source) return new URL(source.url).hostname;
  if ("wheel" in source) return `PyPI: ${source.wheel} ${source.version}`;
  return `npm: ${source.package} ${source.version}`;
}

/** Shows how far a transfer is. */
interface ProgressDisplay {
  update(progress: FetchProgress): void;
  stop(): void;
}

async function createBar(): Promise<ProgressDisplay> {
  const { default: { Presets, SingleBar } } = await import("cli-progress");
  const format = "{names} {bar} {percentage}% of {size}";
  const bar = new SingleBar({ format, clearOnComplete: true }, Presets.shades_classic);
  let shown = "";
  return {
    update({ models, received, expected }) {
      const names = namesOf(models);
      if (names === shown) return bar.update(received);
      bar.stop();
      shown = names;
      bar.start(expected, received, { names, size: sizeOf(expected) });
    },
    stop: () => bar.stop(),
  };
}

function createLines(): ProgressDisplay {
  let shown = "";
  return {
    update({ models, expected }) {
      const names = namesOf(models);
      if (names === shown) return;
      shown = names;
      writeError(`Fetching ${names} (${sizeOf(expected)} to read)\n`);
    },
    stop() {},
  };
}

function namesOf(models: readonly ModelEntry[]): string {
  return models.map((model) => model.id).join(", ");
}

function sizeOf(bytes: number): string {
  return bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function write(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

function writeError(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}

if (import.meta.main) await runCommand(() => runModels(Deno.args));
