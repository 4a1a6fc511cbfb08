/**
 * The uploaded files, one for each job.
 *
 * @module
 */

/** Ending of a file that is still being written. */
const PARTIAL = ".part";

const OWN_NAME = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(video|annotated|ass)(\.part)?$/;

/** The video of a job, which is there until this is disposed of. */
export interface OpenVideo extends Disposable {
  /** Where it is. */
  path: string;
}

/** A video that is kept elsewhere than on this machine. */
export interface VideoElsewhere {
  /** In bytes. */
  size: number;
  /** When it was taken. */
  mtime: Date;
  /** Its first bytes. */
  beginning: Uint8Array;
  /** Reads a part of it, as it comes; `end` is exclusive. */
  read(start: number, end: number): ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** Names, finds and removes the files in one directory. */
export class JobFiles {
  /** As given to {@linkcode JobFiles.open}; it exists. */
  readonly directory: string;

  /** Works in a directory that exists. */
  protected constructor(directory: string) {
    this.directory = directory;
  }

  /**
   * Works in one directory; files of other names in it are left alone.
   *
   * @param directory Made if need be
   */
  static async open(directory: string): Promise<JobFiles> {
    await Deno.mkdir(directory, { recursive: true });
    return new JobFiles(directory);
  }

  /** Where the video of a job is. */
  path(jobId: string): string {
    return `${this.directory}/${jobId}.video`;
  }

  /** Where the video of a job is while it is being uploaded. */
  partialPath(jobId: string): string {
    return this.path(jobId) + PARTIAL;
  }

  /** Names, in the directory, of the annotated video of a job and of what it is made with. */
  annotatedNames(jobId: string): { output: string; partial: string; script: string } {
    const output = `${jobId}.annotated`;
    return { output, partial: output + PARTIAL, script: `${jobId}.ass` };
  }

  /**
   * Keeps the video of a job that is about to be made, which has been put in its place.
   *
   * @throws {StorageFullError} If there is no room for it
   */
  async keep(_jobId: string): Promise<void> {}

  /** Removes what is kept for a job that was not made after all. */
  abandon(jobId: string): Promise<void> {
    return this.remove(jobId);
  }

  /**
   * Gives the video of a job.
   *
   * @throws {StorageUnavailableError} If it cannot be reached
   * @throws {StorageFullError} If there is no room for it here
   */
  open(jobId: string): Promise<OpenVideo> {
    return Promise.resolve({ path: this.path(jobId), [Symbol.dispose]() {} });
  }

  /**
   * Gives the video of a job from where it is kept, so that nobody has to wait until all of it is here.
   *
   * @returns `undefined` where it is on this machine
   * @throws As {@linkcode JobFiles.open} does.
   */
  elsewhere(_jobId: string): Promise<VideoElsewhere | undefined> {
    return Promise.resolve(undefined);
  }

  /** Removes the videos of a job. One that cannot be removed is left for {@linkcode removeOthers}. */
  async remove(jobId: string): Promise<void> {
    await this.#remove(`${jobId}.video`);
    await this.#remove(this.annotatedNames(jobId).output);
  }

  /** Removes the files of jobs that are not known; it is asked about each when its file is found. */
  async removeOthers(isKnown: (jobId: string) => boolean): Promise<void> {
    for await (const { name } of Deno.readDir(this.directory)) {
      const id = OWN_NAME.exec(name)?.[1];
      if (id !== undefined && !isKnown(id)) await this.#remove(name);
    }
  }

  /** Removes files that were being written when the server died. */
  async removePartial(): Promise<void> {
    for await (const { name } of Deno.readDir(this.directory)) {
      const [, id, kind, partial] = OWN_NAME.exec(name) ?? [];
      if (id !== undefined && (partial !== undefined || kind === "ass")) await this.#remove(name);
    }
  }

  async #remove(name: string): Promise<void> {
    await Deno.remove(`${this.directory}/${name}`).catch(() => {});
  }
}
