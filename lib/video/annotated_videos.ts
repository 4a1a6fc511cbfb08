/**
 * Makes videos into which results are drawn.
 *
 * @module
 */

import { resolve } from "node:path";
import { formatScriptEvents, formatScriptHead } from "./annotation_script.ts";
import { fitWithin, type Size } from "./display_geometry.ts";
import { JobStateError } from "./errors.ts";
import type { Job } from "./job.ts";
import type { JobStore } from "./job_store.ts";
import { VideoDecoder } from "./video_decoder.ts";

const MAX_SIZE: Size = { width: 1920, height: 1920 };
const MAX_BYTES = 2 ** 31;

/** Results that are read at a time; few enough not to hold up a live stream. */
const CHUNK_RESULTS = 100;

/** Moving the index of a large file to its front takes a while, in which nothing is said. */
const SILENCE_TIMEOUT_MS = 120_000;

/** The annotated videos of the jobs in a store: made one at a time when they are asked for, and kept beside the jobs' files. */
export class AnnotatedVideos {
  readonly #store: JobStore;
  readonly #making = new Map<string, Promise<string>>();
  readonly #stopping = new AbortController();
  #last: Promise<unknown> = Promise.resolve();

  /** Makes nothing yet; the videos lie among the files of `store`. */
  constructor(store: JobStore) {
    this.#store = store;
  }

  /**
   * Finds the annotated video of a job, making it first if need be.
   *
   * @returns Path of an MP4
   * @throws {JobNotFoundError} If there is no job of this id
   * @throws {JobStateError} If the job is not completed
   * @throws {VideoDecodeError} If the video cannot be made
   */
  async get(id: string): Promise<string> {
    const job = this.#store.get(id);
    if (job.status !== "completed") throw new JobStateError(`The job is ${job.status}`);
    const { directory } = this.#store.files;
    const path = `${directory}/${this.#store.files.annotatedNames(id).output}`;
    if (await isFile(path)) return path;
    return await this.#making.getOrInsertComputed(id, () => this.#enqueue(job, path));
  }

  /** Gives up what is being made, and waits for its end. */
  async stop(): Promise<void> {
    this.#stopping.abort(new JobStateError("The server is stopping"));
    await this.#last;
  }

  #enqueue(job: Job, path: string): Promise<string> {
    const made = this.#last.then(() => this.#make(job)).then(() => path);
    this.#last = made.catch(() => {}).finally(() => this.#making.delete(job.id));
    return made;
  }

  async #make({ id, video, frameStride }: Job): Promise<void> {
    const { files } = this.#store;
    const directory = resolve(files.directory);
    const { script, partial, output } = files.annotatedNames(id);
    const removed = new AbortController();
    const unsubscribe = this.#store.on("removed", (job) => {
      if (job.id === id) removed.abort(new JobStateError("The job has been removed"));
    });
    const signal = AbortSignal.any([this.#stopping.signal, removed.signal]);
    try {
      signal.throwIfAborted();
      const size = evenSize(fitWithin(video ?? MAX_SIZE, MAX_SIZE));
      await this.#writeScript(id, `${directory}/${script}`, { size, frameStride });
      await using encoder = await VideoDecoder.open(resolve(files.path(id)), {
        frameSize: size,
        frameTimeoutMs: SILENCE_TIMEOUT_MS,
        annotation: { directory, script, output: partial, maxBytes: MAX_BYTES },
        signal,
      });
      await encoder.finished();
      // Looks for the job a last time: a file that is put in place now would be nobody's.
      this.#store.get(id);
      await Deno.rename(`${directory}/${partial}`, `${directory}/${output}`);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      unsubscribe();
      for (const name of [script, partial]) {
        await Deno.remove(`${directory}/${name}`).catch(() => {});
      }
    }
  }

  async #writeScript(
    id: string,
    path: string,
    style: { size: Size; frameStride: number },
  ): Promise<void> {
    using file = await Deno.open(path, { write: true, create: true, truncate: true });
    const write = async (text: string) => {
      let bytes = new TextEncoder().encode(text);
      while (bytes.length > 0) bytes = bytes.subarray(await file.write(bytes));
    };
    await write(formatScriptHead(style));
    for (let afterFrame = -1;;) {
      const results = this.#store.results(id, { afterFrame, limit: CHUNK_RESULTS });
      await write(results.map((result) => formatScriptEvents(result, style)).join(""));
      if (results.length < CHUNK_RESULTS) return;
      afterFrame = results.at(-1)?.frame_index ?? afterFrame;
    }
  }
}

/** Most players want even sides, since colour is stored for two by two pixels. */
function evenSize({ width, height }: Size): Size {
  return { width: Math.max(2, width - width % 2), height: Math.max(2, height - height % 2) };
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}
