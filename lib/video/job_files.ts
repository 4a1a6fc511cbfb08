/**
 * The uploaded files, one for each job.
 *
 * @module
 */

/** Ending of a file that is still being written. */
const PARTIAL = ".part";

const OWN_NAME = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.(video|annotated|ass)(\.part)?$/;

/** Names, finds and removes the files in one directory. */
export class JobFiles {
  /** As given to the constructor; it exists. */
  readonly directory: string;
  readonly #removing = new Set<Promise<void>>();

  /**
   * Works in one directory; files of other names in it are left alone.
   *
   * @param directory Made if need be
   */
  constructor(directory: string) {
    this.directory = directory;
    Deno.mkdirSync(directory, { recursive: true });
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

  /** Starts to remove the videos of a job. */
  remove(jobId: string): void {
    this.#remove(this.path(jobId));
    this.#remove(`${this.directory}/${this.annotatedNames(jobId).output}`);
  }

  /** Removes the files of unfinished uploads and of jobs other than these. */
  removeOthers(jobIds: readonly string[]): void {
    const kept = new Set(jobIds.flatMap((id) => [`${id}.video`, this.annotatedNames(id).output]));
    for (const { name } of Deno.readDirSync(this.directory)) {
      if (OWN_NAME.test(name) && !kept.has(name)) Deno.removeSync(`${this.directory}/${name}`);
    }
  }

  /** Waits until all is removed. */
  async settled(): Promise<void> {
    await Promise.all(this.#removing);
  }

  #remove(path: string): void {
    // A file that is gone, or cannot be removed, is looked after at the next start.
    const removing = Deno.remove(path).catch(() => {});
    this.#removing.add(removing);
    removing.finally(() => this.#removing.delete(removing));
  }
}
