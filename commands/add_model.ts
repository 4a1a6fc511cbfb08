/** Adds a model of one's own: `deno task models add FILE`. */

import type { AddedModel } from "../lib/models/add_model.ts";
import { printable } from "./printable.ts";
import { readOptions } from "./read_options.ts";
import { UsageError } from "./usage_error.ts";

/** Classes that are named; the others are counted. */
const NAMED = 5;

/**
 * Runs the command.
 *
 * @param args Command-line arguments, without the program's name and `add`
 * @param directory Folder of the model files
 * @returns What to tell: a line for people
 * @throws {UsageError} If the arguments make no sense
 * @throws {ModelError} If the model cannot be used
 */
export async function runAddModel(args: string[], directory: string): Promise<string> {
  const parsed = readOptions("models", {
    args,
    allowPositionals: true,
    options: { name: { type: "string" }, licence: { type: "string" } },
  });
  const { values: { name, licence }, positionals: [file = "", ...others] } = parsed;
  if (file === "" || others.length > 0) {
    throw new UsageError('Name one ONNX file to add; see "models --help"');
  }
  // Loaded only here: fetching models needs no libraries.
  const { addModel } = await import("../lib/models/add_model.ts");
  return describe(await addModel(file, { directory, name, licence }));
}

function describe({ name, role, notes }: AddedModel): string {
  const { classes, input, precision, speed } = notes;
  const more = classes.length - NAMED;
  const named = classes.slice(0, NAMED).join(", ") + (more > 0 ? ` and ${more} more` : "");
  const does = role === "classifier" ? "tells" : "finds";
  const numbers = precision === "int8" ? "8-bit integers" : "float32";
  return printable(
    `Added ${name}: ${does} ${named}; ${speed.ms} ms at ${input.width}x${input.height} on ` +
      `${speed.threads} threads with ${numbers}; use it with YOLO_MODEL=${name}, or with "model": ` +
      `"${name}" in a pipeline`,
  );
}
