import type { VideoFrameResult } from "../../protocol/video_results.ts";
import type { VideoInfo } from "./job.ts";
import type { JobStore } from "./job_store.ts";
import { ResultBatch, type ResultBatchOptions } from "./result_batch.ts";
import { whenStored } from "./when_stored.ts";

/** What is written of a job that runs. */
export interface JobWriterOptions {
  /** Where it is written. */
  store: JobStore;
  /** The job, of the status `processing`. */
  id: string;
  /** Results that it has already. */
  count: number;
  /** How many results are stored at once, and how long they may wait. */
  batch: ResultBatchOptions;
  /** Ends the waiting for a disk that is full. */
  signal: AbortSignal;
}

const DESCRIPTION = "Processing frames";

/** Writes the progress and the results of a job, and waits while the disk has no room. */
export class JobWriter {
  readonly #options: JobWriterOptions;
  readonly #results: ResultBatch;
  #currentStep: number;

  /** Begins where the job stopped. */
  constructor(options: JobWriterOptions) {
    this.#options = options;
    this.#results = new ResultBatch(options.batch);
    this.#currentStep = options.count;
  }

  /** Frames of the job that have a result, those that wait to be stored included. */
  get currentStep(): number {
    return this.#currentStep;
  }

  /**
   * Writes what the file says about itself.
   *
   * @param totalSteps Frames that will have a result; 0 where that is not known
   */
  async begin(video: VideoInfo, totalSteps: number): Promise<void> {
    const progress = { currentStep: this.#currentStep, totalSteps, description: DESCRIPTION };
    await this.#update({ video, progress });
  }

  /** Takes the result of the next frame, and stores those that wait when it is time. */
  async add(result: VideoFrameResult): Promise<void> {
    this.#results.add(result);
    this.#currentStep++;
    if (this.#results.isDue) await this.flush();
  }

  /** Stores the results that wait. */
  async flush(): Promise<void> {
    await this.#whenStored(() => this.#store());
  }

  /** Stores the results that wait if the disk takes them now; it may be the disk that is the reason for the end. */
  async rescue(): Promise<void> {
    const { store, id } = this.#options;
    if (!store.list({ status: "processing" }).some((job) => job.id === id)) return;
    await this.#store().catch(() => {});
  }

  /** Writes what turned out to be in the file, now that all of it has been looked at. */
  async end(video: VideoInfo): Promise<void> {
    const step = this.#currentStep;
    const progress = { currentStep: step, totalSteps: step, description: "Done" };
    await this.#update({ video, progress });
  }

  async #store(): Promise<void> {
    const { store, id } = this.#options;
    if (this.#results.all.length === 0) return;
    await store.room.check();
    const progress = { currentStep: this.#currentStep, description: DESCRIPTION };
    await store.appendResults(id, this.#results.all, progress);
    this.#results.clear();
  }

  async #update(changes: Parameters<JobStore["update"]>[1]): Promise<void> {
    const { store, id } = this.#options;
    await this.#whenStored(() => store.update(id, changes));
  }

  async #whenStored(change: () => Promise<unknown>): Promise<void> {
    const { store, id, signal } = this.#options;
    const onWait = () => {
      // The job may have been removed meanwhile.
      store.updateProgress(id, { description: `Waiting for ${store.room.name}` }).catch(() => {});
    };
    await whenStored(change, { onWait, signal });
  }
}
