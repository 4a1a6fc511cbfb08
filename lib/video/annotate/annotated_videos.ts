/**
 * Makes videos into which results are drawn.
 *
 * @module
 */

import type { Size } from "../../image/size.ts";
import { resolve } from "node:path";
import { type AnnotationStyle, formatScriptHead } from "./annotation_script.ts";
import type { SpacePromise } from "../../storage/disk_space.ts";
import { fitWithin } from "../decode/display_geometry.ts";
import { JobStateError, toStorageError } from "../errors.ts";
import type { Job } from "../jobs/job.ts";
import type { JobStore } from "../jobs/job_store.ts";
import { readAllResults } from "../results_export.ts";
import { SerialQueue } from "../serial_queue.ts";
import { VideoDecoder } from "../decode/video_decoder.ts";

const MAX_SIZE: Size = { width: 1920, height: 1920 };
const MAX_BYTES = 2 ** 31;

/** Moving the index of a large file to its front takes a while, in which nothing is said. */
const SILENCE_TIMEOUT_MS = 120_000;

/** How often it is looked at how large a video has become. */
const MEASURE_MS = 500;

/** The annotated videos of the jobs in a store: made one at a time when they are asked for, and kept beside the jobs' files. */
export class AnnotatedVideos {
  readonly #store: JobStore;
  readonly #making = new Map<string, Promise<string>>();
  readonly #stopping = new AbortController();
  readonly #queue = new SerialQueue();

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
   * @throws {StorageFullError} If there is no room for it on the disk
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
    await this.#queue.settled();
  }

  #enqueue(job: Job, path: string): Promise<string> {
    return this.#queue.run(() => this.#make(job)).then(() => path)
      .finally(() => this.#making.delete(job.id));
  }

  async #make({ id, video, frameStride }: Job): Promise<void> {
    const { files, disk } = this.#store;
    const directory = resolve(files.directory);
    const { script, partial, output } = files.annotatedNames(id);
    const given = new AbortController();
    const stop = () => given.abort(new JobStateError("The job has been removed"));
    const unsubscribe = this.#store.on("removed", stop, id);
    const signal = AbortSignal.any([this.#stopping.signal, given.signal]);
    try {
      signal.throwIfAborted();
      using space = await disk.promise(0);
      const size = evenSize(fitWithin(video ?? MAX_SIZE, MAX_SIZE));
      await this.#writeScript(id, `${directory}/${script}`, { size, frameStride }, space);
      using source = await files.open(id);
      await using encoder = await VideoDecoder.open(resolve(source.path), {
        frameSize: size,
        frameTimeoutMs: SILENCE_TIMEOUT_MS,
        countingMs: 0,
        annotation: { directory, script, output: partial, maxBytes: MAX_BYTES },
        signal,
      });
      using meter = new SpaceMeter(`${directory}/${partial}`, space, (error) => given.abort(error));
      await encoder.finished();
      await meter.look();
      // Looks for the job a last time: a file that is put in place now would be nobody's.
      this.#store.get(id);
      await Deno.rename(`${directory}/${partial}`, `${directory}/${output}`);
    } catch (error) {
      signal.throwIfAborted();
      throw toStorageError(error);
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
    style: AnnotationStyle,
    space: SpacePromise,
  ): Promise<void> {
    using file = await Deno.open(path, { write: true, create: true, truncate: true });
    const write = async (bytes: Uint8Array) => {
      await space.need(bytes.length);
      for (let left = bytes; left.length > 0;) left = left.subarray(await file.write(left));
      space.spend(bytes.length);
    };
    await write(new TextEncoder().encode(formatScriptHead(style)));
    for await (const events of readAllResults(this.#store, id, { type: "script", style })) {
      await write(events);
    }
  }
}

/** Asks for the room that a file takes while another process writes it. */
class SpaceMeter implements Disposable {
  readonly #path: string;
  readonly #space: SpacePromise;
  readonly #queue = new SerialQueue();
  readonly #timer: ReturnType<typeof setInterval>;
  #counted = 0;

  /** @param onFull Called with the reason once there is no more room */
  constructor(path: string, space: SpacePromise, onFull: (error: unknown) => void) {
    this.#path = path;
    this.#space = space;
    this.#timer = setInterval(() => this.look().catch(onFull), MEASURE_MS);
  }

  /** @throws {StorageFullError} If there is no room for what has been written */
  look(): Promise<void> {
    return this.#queue.run(async () => {
      const { size } = await Deno.stat(this.#path).catch(() => ({ size: 0 }));
      if (size <= this.#counted) return;
      await this.#space.need(size - this.#counted);
      this.#space.spend(size - this.#counted);
      this.#counted = size;
    });
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
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
