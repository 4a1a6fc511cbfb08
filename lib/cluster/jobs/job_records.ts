/**
 * The records of the video jobs of a cluster, in a key-value bucket of JetStream.
 *
 * @module
 */

import type { KvEntry } from "@nats-io/kv";
import { logEvent } from "../../telemetry/log.ts";
import { JobConflictError } from "../../video/errors.ts";
import { readJobRow } from "../../video/jobs/database/read_job_row.ts";
import { isJobId, type Job } from "../../video/jobs/job.ts";
import type { JobListener } from "../../video/jobs/job_backend.ts";
import { hasCode, JetStreamCode, type JobStreams, type OpenStreams } from "./job_streams.ts";

/** Raised when older versions could not read the records any more. */
const FORMAT = 1;
/** A look at a job so shortly after the last one that all know of, in milliseconds, is not told. */
const SEEN_STEP_MS = 1000;
/** For how long the removal of a job is told to machines that were away, in milliseconds. */
const REMOVAL_KEPT_MS = 3_600_000;

/** What an iterator gives in the end. */
const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** A job, and what the machines have to know of it besides. */
export interface JobRecord {
  /** The job. */
  job: Job;
  /** Id of the machine that runs it, or ran it last; `null` where none has. */
  owner: string | null;
  /** What the results of the machine that took the upload depend on; see `PipelineService.fingerprint`. */
  hash: string;
}

/** A record as it was last read or written here. */
interface KnownRecord extends JobRecord {
  /** Number of the write, from which the next one has to start. */
  revision: number;
  /** When that was, in monotonic milliseconds. */
  changedAt: number;
}

/** Reads and writes the records; each write succeeds only where nobody else has written since this machine has read. */
export class JobRecords {
  readonly #streams: JobStreams;
  readonly #self: { id: string; hash: string };
  readonly #known = new Map<string, KnownRecord>();
  /** When somebody last looked at a job as far as all machines know, in milliseconds since the epoch. */
  readonly #seenAt = new Map<string, number>();
  /** When jobs were removed of which a note to that effect is left, in milliseconds since the epoch. */
  readonly #removedAt = new Map<string, number>();
  #listener: JobListener | undefined;
  /** Called with each record that somebody else has written, and what was there before. */
  onHeard: (record: JobRecord, before: JobRecord | undefined) => void = () => {};

  /** Knows no jobs yet. */
  constructor(streams: JobStreams, self: { id: string; hash: string }) {
    this.#streams = streams;
    this.#self = self;
  }

  /** All records, and when each last changed, in monotonic milliseconds. */
  list(): (JobRecord & { changedAt: number })[] {
    return [...this.#known.values()];
  }

  /** The record of a job; `undefined` where there is none. */
  get(id: string): JobRecord | undefined {
    return this.#known.get(id);
  }

  /** Reads all records over a new connection, and goes on reading what others write. */
  async use(streams: OpenStreams): Promise<void> {
    const { records } = streams;
    const { values } = await records.status();
    const entries = await records.watch();
    const first: KvEntry[] = [];
    const iterator = entries[Symbol.asyncIterator]();
    while (values > 0) {
      const { done, value } = await iterator.next();
      if (done) throw new Error("The connection was lost");
      first.push(value);
      if (value.delta === 0) break;
    }
    const ids = new Set(first.map(({ key }) => idOf(key)));
    await this.exclusively(() => {
      for (const id of this.#known.keys()) if (!ids.has(id)) this.#forget(id);
      for (const entry of first) this.#take(entry, true);
    });
    // Without the connection, or the bucket, they are to be opened anew.
    void this.#read(iterator).finally(() => this.#streams.close(streams));
  }

  /** Tells of all jobs, the oldest first, and from then on of all that others change. */
  listen(listener: JobListener): void {
    this.#listener = listener;
    const records = this.list().sort((a, b) => a.job.createdAt - b.job.createdAt);
    for (const { job, changedAt } of records) {
      listener.changed(job, performance.now() - changedAt);
      const seenAt = this.#seenAt.get(job.id);
      if (seenAt !== undefined) listener.seen(job.id, Math.max(0, Date.now() - seenAt));
    }
  }

  /**
   * Runs work while no job is being changed here, so that each change starts from what was read last. Whatever reads and writes
   * records has to run so, or as a part of a change of the store.
   */
  async exclusively<T>(work: () => T | Promise<T>): Promise<T> {
    return await (this.#listener === undefined ? work() : this.#listener.run(work));
  }

  /**
   * Writes a job.
   *
   * @throws {JobConflictError} If somebody else has written it since; that is known here then
   */
  async put(job: Job): Promise<void> {
    const { hash = this.#self.hash, owner = null } = this.#known.get(job.id) ?? {};
    await this.#write({ job, hash, owner });
  }

  /**
   * Makes this machine the one that runs a job.
   *
   * @throws As `put` does.
   */
  async claim({ job, hash }: JobRecord): Promise<void> {
    await this.#write({ job, hash, owner: this.#self.id });
  }

  /**
   * Removes a job, if it is still there.
   *
   * @throws As `put` does.
   */
  async remove(id: string): Promise<void> {
    const known = this.#known.get(id);
    if (known === undefined) return;
    await this.#guard(id, async ({ records }) => {
      await records.delete(jobKey(id), { previousSeq: known.revision });
      this.#known.delete(id);
      this.#seenAt.delete(id);
    });
  }

  /** Tells others for how many milliseconds nobody has looked at jobs here. */
  async seen(idle: readonly (readonly [id: string, idleMs: number])[]): Promise<void> {
    await this.#streams.call(async ({ records }) => {
      for (const [id, idleMs] of idle) {
        const { changedAt } = this.#known.get(id) ?? {};
        if (changedAt === undefined) continue;
        const seenAt = Date.now() - idleMs;
        const lastChange = Date.now() - (performance.now() - changedAt);
        const before = Math.max(lastChange, this.#seenAt.get(id) ?? -Infinity);
        if (seenAt - before < SEEN_STEP_MS) continue;
        await records.put(seenKey(id), "");
        this.#seenAt.set(id, seenAt);
      }
    });
    await this.#forgetRemovals();
  }

  /** Takes the notes away that jobs have been removed, once every machine has had the time to read them. */
  async #forgetRemovals(): Promise<void> {
    for (const [id, removedAt] of this.#removedAt) {
      if (Date.now() - removedAt < REMOVAL_KEPT_MS) continue;
      await this.#streams.call((streams) => this.#streams.forgetRecord(streams, id));
      this.#removedAt.delete(id);
    }
  }

  /** Reads a record anew. */
  async refresh(id: string): Promise<void> {
    const entry = await this.#streams.call(({ records }) => records.get(jobKey(id)));
    if (entry === null) this.#forget(id);
    else this.#take(entry);
  }

  async #write(record: JobRecord): Promise<void> {
    const { id } = record.job;
    const revision = this.#known.get(id)?.revision ?? 0;
    const text = JSON.stringify({ format: FORMAT, ...record });
    await this.#guard(id, async ({ records }) => {
      const next = revision === 0
        ? await records.create(jobKey(id), text)
        : await records.update(jobKey(id), text, revision);
      this.#known.set(id, { ...record, revision: next, changedAt: performance.now() });
    });
  }

  async #guard(id: string, write: (streams: OpenStreams) => Promise<void>): Promise<void> {
    try {
      await this.#streams.call(write);
    } catch (error) {
      if (!hasCode(error, JetStreamCode.conflict)) throw error;
      await this.refresh(id);
      throw new JobConflictError(`Somebody else has changed job ${id}`, { cause: error });
    }
  }

  async #read(entries: AsyncIterator<KvEntry>): Promise<void> {
    for (;;) {
      // It throws where it ends with the connection.
      const { done, value } = await entries.next().catch(() => END);
      if (done) return;
      try {
        await this.exclusively(() => this.#take(value));
      } catch (error) {
        const fields = { job_id: idOf(value.key), cause: String(error) };
        logEvent("error", "cluster_problem", "A change of a video job could not be taken", fields);
      }
    }
  }

  /** @param isFirst Whether it may be old, and counts whatever was known, since NATS may have begun anew meanwhile */
  #take(entry: KvEntry, isFirst = false): void {
    const id = idOf(entry.key);
    if (!isJobId(id)) return;
    // What is heard has just been written, whatever the clock of NATS says.
    const idleMs = isFirst ? Math.max(0, Date.now() - entry.created.getTime()) : 0;
    if (entry.key === seenKey(id)) {
      if (entry.operation !== "PUT") return;
      this.#seenAt.set(id, Date.now() - idleMs);
      this.#listener?.seen(id, idleMs);
      return;
    }
    if (entry.operation !== "PUT") {
      this.#removedAt.set(id, Date.now() - idleMs);
      return this.#forget(id);
    }
    const before = this.#known.get(id);
    const known = before?.revision ?? 0;
    if (isFirst ? entry.revision === known : entry.revision <= known) return;
    const record = readRecord(id, entry.string());
    if (record === undefined) return;
    const changedAt = performance.now() - idleMs;
    this.#known.set(id, { ...record, revision: entry.revision, changedAt });
    this.#listener?.changed(record.job, idleMs);
    this.onHeard(record, before);
  }

  #forget(id: string): void {
    this.#seenAt.delete(id);
    if (this.#known.delete(id)) this.#listener?.removed(id);
  }
}

function jobKey(id: string): string {
  return `job.${id}`;
}

function seenKey(id: string): string {
  return `seen.${id}`;
}

function idOf(key: string): string {
  return key.slice(key.indexOf(".") + 1);
}

/** Reads a record as it is stored; a damaged one is a failed job that says so. `undefined` where a later version wrote it. */
function readRecord(id: string, text: string): JobRecord | undefined {
  const { format, job, owner, hash } = parseObject(text);
  if (typeof format === "number" && format > FORMAT) return undefined;
  const row = { id, isLost: false, idle_ms: 0, details: JSON.stringify(job) };
  return {
    job: readJobRow(row, Date.now()).job,
    owner: typeof owner === "string" ? owner : null,
    hash: typeof hash === "string" ? hash : "",
  };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
  } catch {
    return {};
  }
}
