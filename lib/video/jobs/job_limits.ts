/**
 * How many video jobs are kept, and for how long.
 *
 * @module
 */

/** Limits of the store; `reconfigure` changes them. */
export interface JobStoreLimits {
  /**
   * Most jobs; the oldest finished one makes room for a new one.
   *
   * @default {100}
   */
  capacity: number;
  /**
   * Milliseconds, since it was last looked at, after which a failed job is removed.
   *
   * @default {3600000}
   */
  failedExpiryMs: number;
  /**
   * The same for a completed job.
   *
   * @default {21600000}
   */
  completedExpiryMs: number;
  /**
   * The same for any job.
   *
   * @default {86400000}
   */
  anyExpiryMs: number;
}

/** Limits that are not given. */
export const DEFAULT_JOB_LIMITS: Readonly<JobStoreLimits> = {
  capacity: 100,
  failedExpiryMs: 3_600_000,
  completedExpiryMs: 21_600_000,
  anyExpiryMs: 86_400_000,
};

/**
 * The same limits, checked.
 *
 * @throws {TypeError} If there is one of an unknown name
 * @throws {RangeError} If one is not positive, or the capacity is not whole
 */
export function checkJobLimits(limits: JobStoreLimits): JobStoreLimits {
  for (const [name, value] of Object.entries(limits)) {
    if (!(name in DEFAULT_JOB_LIMITS)) {
      throw new TypeError(`Cannot configure jobs: unknown limit ${name}`);
    }
    if (!(value > 0)) throw new RangeError(`Cannot configure jobs: ${name} is ${value}`);
  }
  if (!Number.isInteger(limits.capacity)) {
    throw new RangeError(`Cannot configure jobs: capacity is ${limits.capacity}`);
  }
  return limits;
}
