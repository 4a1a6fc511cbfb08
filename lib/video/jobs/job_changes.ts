/**
 * Changes of a job, and how they are checked and made.
 *
 * @module
 */

import { JobStateError } from "../errors.ts";
import {
  canChangeStatus,
  isFinished,
  type Job,
  JOB_STATUSES,
  type JobError,
  type JobProgress,
  type JobStatus,
  type VideoInfo,
} from "./job.ts";

/** Fields of a job that can change; what is left out stays. */
export interface JobChanges {
  /** One that may follow the present one; see `canChangeStatus`. */
  status?: JobStatus;
  /** Only the parts of it that change. */
  progress?: Partial<JobProgress>;
  /** Why it failed; any other status than `failed` clears it. */
  error?: JobError | null;
  /** What the decoder says of the file, once it is open. */
  video?: VideoInfo;
}

const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
const isText = (value: unknown) => typeof value === "string";

const PROGRESS_FIELDS: Record<keyof JobProgress, (value: unknown) => boolean> = {
  currentStep: isCount,
  totalSteps: isCount,
  description: isText,
};

const FIELDS: Record<keyof JobChanges, (value: unknown) => boolean> = {
  status: (value) => JOB_STATUSES.some((status) => status === value),
  progress: (value) => isObject(value) && hasOnly(PROGRESS_FIELDS, value),
  error: (value) =>
    value === null || (isObject(value) && isText(value.code) && isText(value.detail)),
  video: isObject,
};

/** @throws {TypeError} If a field is unknown or of another type */
function validateChanges(changes: JobChanges): void {
  for (const [field, value] of Object.entries(changes)) {
    const isValid = Object.hasOwn(FIELDS, field) ? FIELDS[field as keyof JobChanges] : undefined;
    if (isValid === undefined) throw new TypeError(`Cannot update a job: unknown field ${field}`);
    if (!isValid(value)) {
      throw new TypeError(`Cannot update a job: ${field} is ${JSON.stringify(value)}`);
    }
  }
}

/**
 * The job as it is after changes; the one given stays as it is.
 *
 * @param now Milliseconds since the epoch
 * @throws {JobStateError} If the status cannot follow the present one
 * @throws {TypeError} If a field is unknown or of another type
 */
export function changeJob(before: Job, changes: JobChanges, now: number): Job {
  validateChanges(changes);
  const { status, progress, ...rest } = changes;
  const job: Job = { ...before, ...rest, updatedAt: now };
  job.progress = { ...before.progress, ...progress };
  if (status === undefined) return job;
  if (!canChangeStatus(before.status, status)) {
    throw new JobStateError(`Job ${job.id} is ${before.status} and cannot become ${status}`);
  }
  job.status = status;
  if (status === "processing") job.startedAt ??= now;
  job.finishedAt = isFinished(status) ? now : null;
  if (status !== "failed") job.error = null;
  return job;
}

/**
 * Checks that a job takes results and tells how far it is.
 *
 * @throws {JobStateError} If it is not being processed
 */
export function checkProcessing({ id, status }: Job): void {
  if (status !== "processing") {
    throw new JobStateError(`Job ${id} is ${status} and takes no progress`);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function hasOnly<T extends object>(
  fields: Record<keyof T, (value: unknown) => boolean>,
  value: Record<string, unknown>,
): boolean {
  return Object.entries(value).every(([name, entry]) =>
    Object.hasOwn(fields, name) && fields[name as keyof T](entry)
  );
}
