/**
 * Places that are kept for jobs whose files are still being uploaded.
 *
 * @module
 */

import { JobCapacityError } from "../errors.ts";
import type { JobTable } from "./job_table.ts";

/** A place that is kept for a job while its file is being uploaded. */
export interface JobPlace extends Disposable {
  /** Id that the job will have, under which its file is kept. */
  readonly id: string;
  /** Whether a finished job has to make room, for which the file has to be worth it. */
  readonly evicts: boolean;
}

/** The places that are taken, beside those of the jobs that there are. */
export class JobPlaces {
  readonly #jobs: JobTable;
  readonly #taken = new Set<JobPlace>();

  /** Begins with none taken. */
  constructor(jobs: JobTable) {
    this.#jobs = jobs;
  }

  /** Whether one is kept for the job of an id. */
  has(id: string): boolean {
    return [...this.#taken].some((place) => place.id === id);
  }

  /**
   * Takes a place until it is disposed of.
   *
   * @param capacity Most jobs
   * @throws {JobCapacityError} If there is none, not even one of a finished job
   */
  take(capacity: number): JobPlace {
    if (this.#jobs.unfinished + this.#taken.size >= capacity) throw atCapacity(capacity);
    const place: JobPlace = {
      id: crypto.randomUUID(),
      evicts: this.#jobs.size + this.#promised() >= capacity,
      [Symbol.dispose]: () => void this.#taken.delete(place),
    };
    this.#taken.add(place);
    return place;
  }

  /**
   * Ids of the finished jobs that have to go before a job comes to its place.
   *
   * @throws {JobCapacityError} If even without them there is no room, as when somebody has retried what was finished
   */
  makeRoom(place: JobPlace, capacity: number): string[] {
    const others = this.#promised() - (place.evicts ? 0 : 1);
    const evicted = this.#jobs.oldestFinished(this.#jobs.size + others + 1 - capacity);
    if (this.#jobs.size - evicted.length >= capacity) throw atCapacity(capacity);
    return evicted;
  }

  /** Number of places that are free without anybody having to go. */
  #promised(): number {
    return [...this.#taken].filter(({ evicts }) => !evicts).length;
  }
}

function atCapacity(capacity: number): JobCapacityError {
  return new JobCapacityError(`The server is at its limit of ${capacity} jobs`);
}
