/**
 * Reads jobs as they are stored, whatever has become of them on the disk.
 *
 * @module
 */

import * as v from "valibot";
import { RuleSchema } from "../../../protocol/rule.ts";
import { type Job, JOB_STATUSES, type JobError, makeJob, type VideoInfo } from "../job.ts";

/** A job, and how long nobody had looked at it when that was last noted. */
export interface StoredJob {
  /** As it was last written, or a failed one with what is left of it. */
  job: Job;
  /** Milliseconds, counted only while the server runs. */
  idleMs: number;
}

/** A job's row; damage can leave anything in it. */
export interface JobRow {
  /** A UUID. */
  id: string;
  /** Whether the id is a new one, in place of one that is damaged; then the job's file is not found any more. */
  isLost: boolean;
  /** How long nobody had looked at it, in milliseconds. */
  idle_ms: unknown;
  /** The job as JSON. */
  details: unknown;
}

/** No job is kept for a year without anybody looking at it. */
const MAX_IDLE_MS = 365 * 86_400_000;

/** The last time that a `Date` can tell. */
const MAX_TIME = 8.64e15;

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isNumber: Check = (value) => Number.isFinite(value);
const isTime: Check = (value) => isNumber(value) && Math.abs(Number(value)) <= MAX_TIME;
const orNull = (check: Check): Check => (value) => value === null || check(value);

function hasFields(checks: Readonly<Record<string, Check>>): Check {
  return (value) =>
    isObject(value) && Object.entries(checks).every(([name, check]) => check(value[name]));
}

const VIDEO: Record<keyof VideoInfo, Check> = {
  width: isCount,
  height: isCount,
  frameCount: orNull(isCount),
  durationMs: orNull(isNumber),
};

const ERROR: Record<keyof JobError, Check> = { code: isText, detail: isText };

const RULES = v.array(RuleSchema);

const PROGRESS = { currentStep: isCount, totalSteps: isCount, description: isText };

const FIELDS: Record<Exclude<keyof Job, "id">, Check> = {
  pipelineId: isText,
  status: (value) => JOB_STATUSES.some((status) => status === value),
  progress: hasFields(PROGRESS),
  createdAt: isTime,
  updatedAt: isTime,
  startedAt: orNull(isTime),
  finishedAt: orNull(isTime),
  error: orNull(hasFields(ERROR)),
  fileName: isText,
  fileBytes: isCount,
  frameStride: (value) => isCount(value) && value !== 0,
  maxFrames: isCount,
  rules: (value) => v.is(RULES, value),
  video: orNull(hasFields(VIDEO)),
};

/**
 * Reads a job's row. One that is damaged is a failed job that says so and has what is left, so that a retry may go on with it.
 *
 * @param now Milliseconds since the epoch, in place of times that are lost
 */
export function readJobRow({ id, isLost, idle_ms, details }: JobRow, now: number): StoredJob {
  const idleMs = Number(idle_ms);
  return {
    job: isLost ? damagedJob(id, {}, describe(["id"]), now) : readJob(id, details, now),
    idleMs: idleMs >= 0 && idleMs <= MAX_IDLE_MS ? idleMs : 0,
  };
}

function readJob(id: string, details: unknown, now: number): Job {
  const stored = parseObject(details);
  if (typeof stored === "string") return damagedJob(id, {}, stored, now);
  // Only the fields that a job has, whatever else there may be.
  const fields = Object.entries(FIELDS)
    .map(([name, check]) => [name, stored[name], check(stored[name])] as const);
  const whole = Object.fromEntries(
    fields.filter(([, , isWhole]) => isWhole).map(([name, value]) => [name, value]),
  ) as Partial<Job>;
  const damaged = fields.filter(([, , isWhole]) => !isWhole).map(([name]) => name);
  if (damaged.length > 0) return damagedJob(id, whole, describe(damaged), now);
  return { id, ...whole } as Job;
}

function damagedJob(id: string, left: Partial<Job>, reason: string, now: number): Job {
  const lost = { pipelineId: "unknown", fileName: "Unknown video", fileBytes: 0 };
  const createdAt = left.createdAt ?? left.updatedAt ?? now;
  return {
    ...makeJob(id, lost, createdAt),
    ...left,
    status: "failed",
    finishedAt: left.finishedAt ?? left.updatedAt ?? createdAt,
    error: {
      code: "job_damaged",
      detail: `The record of this job is damaged: ${reason}`,
    },
  };
}

/** The fields as clients know them. */
function describe(damaged: readonly string[]): string {
  const names = damaged.map((name) =>
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  );
  return `no usable ${names.join(", ")}`;
}

/** @returns What is wrong, when it is no object as JSON */
function parseObject(text: unknown): Record<string, unknown> | string {
  if (typeof text !== "string") return "it is not text";
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value) || Array.isArray(value)) return "it is not an object";
    // Jobs of earlier versions have none.
    return { rules: [], ...value };
  } catch {
    return "it is no JSON";
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
