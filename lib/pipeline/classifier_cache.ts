import type { Device } from "../config.ts";
import { Classifier } from "../detection/classifier.ts";
import { loadClassifier } from "../models/classifier_model.ts";

/** Classifiers that are loaded when a node first needs them, and kept, since they are small and have one input. */
export class ClassifierCache {
  readonly #files: ReadonlyMap<string, string>;
  readonly #classifiers = new Map<string, Classifier>();

  /**
   * Loads nothing yet.
   *
   * @param files Paths of the models, by what nodes call them
   */
  constructor(files: ReadonlyMap<string, string>) {
    this.#files = files;
  }

  /**
   * The classifier that is asked for; one caller at a time.
   *
   * @param options What it runs on, where it has to be loaded
   * @throws {RangeError} If there is none of that name
   * @throws {ModelError} If the model is gone, or cannot be used
   */
  async get(model: string, options: { threads: number; device: Device }): Promise<Classifier> {
    const loaded = this.#classifiers.get(model);
    if (loaded !== undefined) return loaded;
    const file = this.#files.get(model);
    if (file === undefined) throw new RangeError(`Cannot use the classifier "${model}": unknown`);
    const { threads, device } = options;
    const classifier = await Classifier.create({
      ...await loadClassifier(file),
      threads,
      device,
    });
    this.#classifiers.set(model, classifier);
    return classifier;
  }

  /** Frees all of them. */
  async release(): Promise<void> {
    for (const classifier of this.#classifiers.values()) await classifier.release();
    this.#classifiers.clear();
  }
}
