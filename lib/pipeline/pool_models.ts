/**
 * The models of a detection pool, looked into and prepared for its workers.
 *
 * @module
 */

import type { ClassifierLayout } from "../detection/classifier_graph.ts";
import type { Size } from "../image/size.ts";
import { hashOf } from "../models/calibration.ts";
import { tryClassifier } from "../models/classifier_model.ts";
import type { ModelRole } from "../models/model_role.ts";
import { holdGraph } from "../models/prepared_graphs.ts";
import {
  choosePrecision,
  type Precision,
  type PreparedDetector,
  prepareDetector,
} from "../models/specialized_model.ts";
import { ModelError } from "../onnx/errors.ts";
import { DefinitionError } from "./errors.ts";
import type { ModelUse } from "./model_uses.ts";

/** Which models there are. */
export interface PoolModelsOptions {
  /** Path of the model of all nodes that name no other. */
  modelPath: string;
  /** What that is for. */
  role: ModelRole;
  /** Other models that nodes name. */
  models: readonly ModelUse[];
  /** Input of the detector, in pixels, where a task asks for no other. */
  inputSize: Size;
  /** What the detector computes with; `auto` for what is faster on this machine. */
  precision: Precision | "auto";
  /** Confidence that a detection has to exceed, between 0 and 1. */
  confidence: number;
}

/** Prepares models, and holds what was made of them until it is disposed. */
export class PoolModels implements Disposable {
  readonly #options: PoolModelsOptions;
  #detectors: ReadonlyMap<string, PreparedDetector> = new Map();
  /** By what nodes name; that of all under `undefined`. */
  readonly #classifiers = new Map<string | undefined, ClassifierLayout>();
  /** What keeps other processes from removing the graphs in use. */
  readonly #holds = new DisposableStack();

  /** Looks into nothing yet. */
  constructor(options: PoolModelsOptions) {
    this.#options = options;
  }

  /** The detectors that nodes name. */
  get detectors(): ReadonlyMap<string, PreparedDetector> {
    return this.#detectors;
  }

  /** The classifiers that have been looked into, by what nodes name; that of all under `undefined`. */
  get classifiers(): ReadonlyMap<string | undefined, ClassifierLayout> {
    return this.#classifiers;
  }

  /** Paths of the classifiers, by what nodes name; that of all under `undefined`. */
  get classifierFiles(): Map<string | undefined, string> {
    const { models, modelPath, role: roleOfAll } = this.#options;
    const files = new Map<string | undefined, string>(
      models.filter(({ role }) => role === "classifier").map(({ model, path }) => [model, path]),
    );
    if (roleOfAll === "classifier") files.set(undefined, modelPath);
    return files;
  }

  /** Looks into the model of all, where that is a classifier. @throws {ModelError} If it cannot be used */
  async tryClassifierOfAll(): Promise<void> {
    const { modelPath, role, precision } = this.#options;
    if (role !== "classifier") return;
    if (precision === "int8") {
      throw new ModelError(
        `Cannot compute ${modelPath} with 8 bits: it is a classifier; YOLO_PRECISION=fp32 works`,
      );
    }
    this.#classifiers.set(undefined, await tryClassifier(modelPath));
  }

  /** Prepares the detector of all nodes; `undefined` where that is a classifier. @throws {ModelError} If it cannot be used */
  async prepareOfAll(precision: Precision): Promise<PreparedDetector | undefined> {
    return this.#options.role === "detector" ? await this.#prepare(precision) : undefined;
  }

  /**
   * Prepares the other models. They compute with 8 bits where the detector of all turned out to do so here, and they are
   * calibrated.
   *
   * @throws {DefinitionError} If one of them cannot be used
   */
  async prepareOthers(precision: Precision): Promise<void> {
    const detectors = new Map<string, PreparedDetector>();
    for (const { model, path, role, where } of this.#options.models) {
      try {
        if (role === "classifier") {
          this.#classifiers.set(model, await tryClassifier(path));
          continue;
        }
        const choice = precision === "int8" ? "auto" : precision;
        detectors.set(model, await this.#prepare(await choosePrecision(path, choice), path));
      } catch (cause) {
        if (!(cause instanceof ModelError)) throw cause;
        throw new DefinitionError(`Cannot load the pipeline ${where}: ${cause.message}`, { cause });
      }
    }
    this.#detectors = detectors;
  }

  /**
   * SHA-256 of each model, by what nodes call it; that of all under the empty name.
   *
   * @param ofAll The detector of all, where that is one
   */
  async hashes(ofAll: PreparedDetector | undefined): Promise<Record<string, string>> {
    const hashes: Record<string, string> = {};
    if (ofAll !== undefined) hashes[""] = ofAll.hash;
    for (const [model, { hash }] of this.#detectors) hashes[model] = hash;
    for (const [model = "", path] of this.classifierFiles) {
      hashes[model] = hashOf(await Deno.readFile(path));
    }
    return hashes;
  }

  /** Lets go of what was made of the models. */
  [Symbol.dispose](): void {
    this.#holds.dispose();
  }

  async #prepare(
    precision: Precision,
    path: string = this.#options.modelPath,
  ): Promise<PreparedDetector> {
    const { inputSize: size, confidence } = this.#options;
    const prepared = await prepareDetector(path, { size, confidence, precision });
    const hold = prepared.copy === undefined ? undefined : await holdGraph(prepared.copy);
    if (hold === undefined) return prepared;
    if (this.#holds.disposed) hold[Symbol.dispose]();
    else this.#holds.use(hold);
    return prepared;
  }
}
