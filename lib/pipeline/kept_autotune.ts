/**
 * Keeps what autotune has found out, since it takes a second, and is the same until the machine, the model or livesyte changes.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import * as v from "valibot";
import { describeMachine } from "../models/describe_machine.ts";
import { replaceFile } from "../replace_file.ts";
import project from "../../deno.json" with { type: "json" };

const AnswerSchema = v.object({
  /** What to compute with. */
  precision: v.picklist(["fp32", "int8"]),
  /** How inference is spread over the cores, the fewest workers first. */
  plans: v.pipe(
    v.array(v.object({
      workers: v.pipe(v.number(), v.integer(), v.minValue(1)),
      threads: v.pipe(v.number(), v.integer(), v.minValue(1)),
      latencyMs: v.exactOptional(v.number()),
      pacedMs: v.exactOptional(v.number()),
      framesPerSecond: v.exactOptional(v.number()),
    })),
    v.minLength(1),
  ),
});

/** What autotune has found out. */
export type AutotuneAnswer = v.InferOutput<typeof AnswerSchema>;

/** Answers by what they hold for, the oldest first. */
const FileSchema = v.record(v.string(), AnswerSchema);

/** Most answers that are kept for a model: for the server, for commands, and for other settings that were tried. */
const MOST_ANSWERS = 8;

/**
 * What an answer holds for: this machine, this version of livesyte, and what is given.
 *
 * @param given The model, and the settings that bear on the answer
 */
export async function autotuneKey(given: Readonly<Record<string, unknown>>): Promise<string> {
  const ingredients = JSON.stringify([project.version, await describeMachine(), given]);
  return createHash("sha256").update(ingredients).digest("hex");
}

/** The answer that was kept beside a model; `undefined` where it holds for something else, or cannot be read. */
export async function readAnswer(
  modelPath: string,
  key: string,
): Promise<AutotuneAnswer | undefined> {
  return (await readAnswers(modelPath))[key];
}

/** Keeps an answer beside a model; where the folder cannot be written to, the next start measures again. */
export async function keepAnswer(
  modelPath: string,
  key: string,
  answer: AutotuneAnswer,
): Promise<void> {
  const path = answerPath(modelPath);
  const others = Object.entries(await readAnswers(modelPath)).slice(1 - MOST_ANSWERS);
  const answers = Object.fromEntries([...others, [key, answer]]);
  await replaceFile(path, `${JSON.stringify(answers, undefined, 2)}\n`).catch(() => {});
}

async function readAnswers(modelPath: string): Promise<Record<string, AutotuneAnswer>> {
  try {
    return v.parse(FileSchema, JSON.parse(await Deno.readTextFile(answerPath(modelPath))));
  } catch {
    return {};
  }
}

function answerPath(modelPath: string): string {
  return join(dirname(modelPath), `${basename(modelPath, ".onnx")}.autotune.json`);
}
