/**
 * The results of video jobs as chunks in the object store, each of which is written once.
 *
 * @module
 */

import type { ObjectStore } from "@nats-io/obj";
import { JobStateError, JobTakenError, StorageFullError } from "../../video/errors.ts";
import { readResultRow, type StoredResult } from "../../video/jobs/database/read_result_row.ts";
import type { VideoFrameResult } from "../../video/jobs/job.ts";
import type { ResultsCount, ResultsPiece } from "../../video/jobs/job_backend.ts";
import { formatResult, type ResultFormat } from "../../video/result_formats.ts";
import type { JobBuckets } from "./job_buckets.ts";
import { hasCode, JetStreamCode } from "./job_streams.ts";

/** Bytes of results after which a piece of them ends. */
const PIECE_BYTES = 32_768;
/** Jobs whose lists of chunks are kept in memory. */
const KEPT_LISTS = 16;

/** Some results in a row. */
interface Chunk {
  /** Frame from which it goes on: the first of all, or the one behind the chunk before. */
  start: number;
  /** Frame from which the next chunk goes on. */
  next: number;
  /** Number of results. */
  count: number;
  /** Results of all chunks before. */
  offset: number;
  /** Highest number of an object in it; 0 when there is none. */
  track: number;
}

/** The results of the jobs of a cluster. */
export class ResultChunks {
  readonly #buckets: JobBuckets;
  /** Chunks by job, those last that were used last; there may be more by now. */
  readonly #lists = new Map<string, Chunk[]>();
  /** Results that were added here. */
  readonly #stored = new WeakSet<readonly VideoFrameResult[]>();
  /** The chunk that was read last: whoever reads a part of it wants the next one then. */
  #last: { jobId: string; start: number; results: StoredResult[] } | undefined;

  /** Those in the buckets of the jobs. */
  constructor(buckets: JobBuckets) {
    this.#buckets = buckets;
  }

  /** How far the results of a job go. */
  async count(jobId: string): Promise<ResultsCount> {
    const last = (await this.#refresh(jobId)).at(-1);
    return { count: totalOf(last), nextFrame: last?.next ?? 0 };
  }

  /** Highest number that an object of a job has; 0 when none has one. */
  async highestTrack(jobId: string): Promise<number> {
    return Math.max(0, ...(await this.#refresh(jobId)).map(({ track }) => track));
  }

  /** Reads results of a job in the order of the frames; a piece ends with its chunk at the latest. */
  async read(
    jobId: string,
    { offset, limit }: { offset: number; limit: number },
    format: ResultFormat,
  ): Promise<ResultsPiece> {
    const isIn = (chunk: Chunk) => offset >= chunk.offset && offset < chunk.offset + chunk.count;
    const chunk = this.#lists.get(jobId)?.find(isIn) ?? (await this.#refresh(jobId)).find(isIn);
    if (chunk === undefined) return { bytes: new Uint8Array(), count: 0 };
    const results = await this.#load(jobId, chunk);
    const from = offset - chunk.offset;
    const separator = format.type === "json" ? "," : "";
    let text = "";
    let count = 0;
    for (const result of results.slice(from, from + limit)) {
      text += (count++ === 0 ? "" : separator) + formatResult(result, format);
      if (text.length >= PIECE_BYTES) break;
    }
    return { bytes: new TextEncoder().encode(text), count };
  }

  /**
   * Adds results behind those that a job has.
   *
   * @throws {JobStateError} If they are not in the order of their frames
   * @throws {JobTakenError} If another machine has added results meanwhile, so that a frame has one already
   * @throws {StorageFullError} If NATS has no room for them
   */
  async append(jobId: string, results: readonly VideoFrameResult[]): Promise<void> {
    // A change that others got ahead of is made again, with the results that are stored already.
    if (results.length === 0 || this.#stored.has(results)) return;
    const chunks = this.#lists.get(jobId) ?? await this.#refresh(jobId);
    const last = chunks.at(-1);
    const start = last?.next ?? 0;
    const chunk: Chunk = {
      start,
      next: nextOf(jobId, results, start),
      count: results.length,
      offset: totalOf(last),
      track: Math.max(0, ...results.flatMap(({ result }) => result.detections.map(trackOf))),
    };
    await this.#put(jobId, chunk, encodeResults(results));
    this.#keep(jobId, [...chunks, chunk]);
    this.#stored.add(results);
  }

  async #holds(jobId: string, start: number, bytes: Uint8Array): Promise<boolean> {
    const there = await this.#buckets.use(jobId, (bucket) => bucket.getBlob(nameOf(start)));
    return there ? isEqual(there, bytes) : false;
  }

  /** Forgets what is known of a job that is removed. */
  forget(jobId: string): void {
    this.#lists.delete(jobId);
  }

  async #put(jobId: string, chunk: Chunk, bytes: Uint8Array): Promise<void> {
    const name = nameOf(chunk.start);
    const { next, count, track } = chunk;
    const metadata = { next: `${next}`, count: `${count}`, track: `${track}` };
    const put = async (bucket: ObjectStore) => {
      await bucket.putBlob({ name, metadata }, bytes, { previousRevision: 0 });
      return true;
    };
    try {
      if (await this.#buckets.use(jobId, put) === undefined) {
        await this.#buckets.make(jobId);
        await this.#buckets.use(jobId, put);
      }
    } catch (error) {
      if (error instanceof StorageFullError && hasCode(error.cause, JetStreamCode.streamFull)) {
        await this.#buckets.grow(jobId);
        return await this.#put(jobId, chunk, bytes);
      }
      if (!hasCode(error, JetStreamCode.conflict)) throw error;
      // It may have been written here, and only the answer was lost.
      if (await this.#holds(jobId, chunk.start, bytes)) return;
      await this.#refresh(jobId);
      throw new JobTakenError(`Another machine goes on with job ${jobId}`, { cause: error });
    }
  }

  async #load(jobId: string, { start, offset }: Chunk): Promise<StoredResult[]> {
    if (this.#last?.jobId === jobId && this.#last.start === start) return this.#last.results;
    const bytes = await this.#buckets.use(jobId, (bucket) => bucket.getBlob(nameOf(start)));
    const results = decodeResults(bytes ?? new Uint8Array(), offset);
    this.#last = { jobId, start, results };
    return results;
  }

  async #refresh(jobId: string): Promise<Chunk[]> {
    const objects = await this.#buckets.use(jobId, (bucket) => bucket.list()) ?? [];
    const byStart = new Map(objects.map(({ name, metadata }) => [name, metadata] as const));
    const chunks: Chunk[] = [];
    for (let start = 0, offset = 0;;) {
      const metadata = byStart.get(nameOf(start));
      const [next = NaN, count = NaN, track = 0] = [
        metadata?.next,
        metadata?.count,
        metadata?.track,
      ]
        .map(Number);
      if (!(next > start && count > 0)) break;
      chunks.push({ start, next, count, offset, track });
      start = next;
      offset += count;
    }
    this.#keep(jobId, chunks);
    return chunks;
  }

  #keep(jobId: string, chunks: Chunk[]): void {
    this.#lists.delete(jobId);
    this.#lists.set(jobId, chunks);
    const [oldest] = this.#lists.keys();
    if (this.#lists.size > KEPT_LISTS && oldest !== undefined) this.#lists.delete(oldest);
  }
}

function nameOf(start: number): string {
  return `results.${start}`;
}

function totalOf(last: Chunk | undefined): number {
  return last === undefined ? 0 : last.offset + last.count;
}

function trackOf({ track_id = 0 }: { track_id?: number | undefined }): number {
  return track_id;
}

/**
 * The frame behind results that are to follow each other from `start` on.
 *
 * @throws {JobTakenError} If they begin before: this machine did not know then of what another has added
 * @throws {JobStateError} If they are not in the order of their frames
 */
function nextOf(jobId: string, results: readonly VideoFrameResult[], start: number): number {
  let next = start;
  for (const [place, { frame_index }] of results.entries()) {
    if (frame_index < next) {
      const ErrorType = place === 0 ? JobTakenError : JobStateError;
      throw new ErrorType(
        `Cannot add frame ${frame_index} to the results of job ${jobId}: they go to frame ${
          next - 1
        }`,
      );
    }
    next = frame_index + 1;
  }
  return next;
}

/** A line for each: index, time, and what was found as JSON. */
function encodeResults(results: readonly VideoFrameResult[]): Uint8Array {
  const lines = results.map(({ frame_index, timestamp_ms, result }) =>
    `${frame_index}\t${timestamp_ms}\t${JSON.stringify(result)}\n`
  );
  return new TextEncoder().encode(lines.join(""));
}

function decodeResults(bytes: Uint8Array, offset: number): StoredResult[] {
  const results: StoredResult[] = [];
  for (const line of new TextDecoder().decode(bytes).split("\n").slice(0, -1)) {
    const [index, time, result] = line.split("\t");
    const row = { frame_index: Number(index), timestamp_ms: Number(time), result };
    results.push(readResultRow(row, offset + results.length, results.at(-1)));
  }
  return results;
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
