/**
 * Gives the video jobs of a cluster to its machines, over a work queue of JetStream.
 *
 * @module
 */

import type { JsMsg } from "@nats-io/jetstream";
import { isFinished, isJobId } from "../../video/jobs/job.ts";
import type { JobClaim, JobQueue } from "../../video/jobs/job_queue.ts";
import { clusterMetrics } from "../cluster_metrics.ts";
import type { JobRecord, JobRecords } from "./job_records.ts";
import type { JobStreams } from "./job_streams.ts";

/** How long one question for the next job waits, in milliseconds. */
const ASK_MS = 2000;
/** Time between two signs that a job is still run here, in milliseconds. */
const WORKING_MS = 1000;
/** How long a job that another machine is to run stays away, in milliseconds. */
const PASS_ON_MS = 1000;
/** How often a job is passed on before a machine with other models may run it. */
const PASSES = 2;
/** Time between two looks for jobs that are not in the queue, in milliseconds. */
const REQUEUE_MS = 10_000;
/** A job that is not finished and has not changed for so long may have been lost from the queue. */
const QUIET_MS = 10_000;

/** What a {@linkcode SharedQueue} works with. */
export interface SharedQueueOptions {
  /** The streams of the cluster. */
  streams: JobStreams;
  /** The records of the jobs. */
  records: JobRecords;
  /** Id of this machine. */
  self: string;
  /** Whether this machine has a pipeline. */
  hasPipeline: (pipelineId: string) => boolean;
  /** Whether a machine of this hash computes, this one included. */
  isComputing: (hash: string) => boolean;
  /** What the results of this machine depend on. */
  hash: string;
}

/** A job that is run here. */
interface Held {
  /** Its message in the queue. */
  message: JsMsg;
  /** Aborted when another machine goes on with it. */
  taken: AbortController;
}

/** A queue in which each job is until it has ended; whoever runs one says so every second, or another machine gets it. */
export class SharedQueue implements JobQueue {
  readonly #options: SharedQueueOptions;
  readonly #held = new Map<string, Held>();
  readonly #timers: ReturnType<typeof setInterval>[];

  /** Holds no job yet. */
  constructor(options: SharedQueueOptions) {
    this.#options = options;
    options.records.onHeard = ({ job, owner }, before) => {
      if (owner !== options.self) this.#held.get(job.id)?.taken.abort();
      if (before !== undefined && owner !== null) countTakeover(before, owner);
    };
    this.#timers = [
      setInterval(() => this.#sayWorking(), WORKING_MS),
      setInterval(() => this.#requeue(), REQUEUE_MS),
    ];
  }

  /** Puts a job into the queue, unless it is there. What fails is made up for in a moment. */
  async add(jobId: string): Promise<void> {
    const { streams } = this.#options;
    const subject = streams.queueSubject(jobId);
    const expect = { lastSubjectSequence: 0 };
    await streams.call(({ js }) => js.publish(subject, "", { expect })).catch(() => {});
  }

  /** Takes a job out of the queue that has been removed. */
  async remove(jobId: string): Promise<void> {
    const { streams } = this.#options;
    await streams.call((open) => streams.unqueue(open, jobId)).catch(() => {});
  }

  /** Waits for the next job; it may be one that another machine has left in the middle. */
  async next(signal: AbortSignal): Promise<JobClaim | undefined> {
    const aborted = Promise.withResolvers<undefined>();
    const onAbort = () => aborted.resolve(undefined);
    signal.addEventListener("abort", onAbort);
    try {
      while (!signal.aborted) {
        const asked = this.#ask();
        const message = await Promise.race([asked, aborted.promise]);
        // What comes too late is for another machine.
        if (signal.aborted) void asked.then((late) => sendQuietly(() => late?.nak()));
        else if (message !== undefined) {
          const claim = await this.#consider(message);
          if (claim !== undefined) return claim;
        }
      }
      return undefined;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Ends; jobs that are held go to other machines in a moment. */
  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  async #ask(): Promise<JsMsg | undefined> {
    try {
      const next = this.#options.streams.call(({ consumer }) => consumer.next({ expires: ASK_MS }));
      return await next ?? undefined;
    } catch {
      // NATS is away.
      await new Promise((resolve) => setTimeout(resolve, 500));
      return undefined;
    }
  }

  /** Takes a job if this machine is to run it. */
  async #consider(message: JsMsg): Promise<JobClaim | undefined> {
    const { records } = this.#options;
    const id = message.subject.split(".").at(-1) ?? "";
    // It cannot even be looked for, and would come again and again.
    if (!isJobId(id)) {
      sendQuietly(() => message.ack());
      return undefined;
    }
    const held = this.#held.get(id);
    if (held !== undefined) {
      // NATS was away for a while, in which nobody else has taken it.
      held.message = message;
      return undefined;
    }
    try {
      return await records.exclusively(() => this.#claim(id, message));
    } catch {
      this.#held.delete(id);
      // Somebody has changed it, or NATS is away: it comes again.
      sendQuietly(() => message.nak());
      return undefined;
    }
  }

  async #claim(id: string, message: JsMsg): Promise<JobClaim | undefined> {
    const { records, self } = this.#options;
    await records.refresh(id);
    const record = records.get(id);
    if (record === undefined || isFinished(record.job.status)) {
      message.ack();
      return undefined;
    }
    if (!this.#mayRun(record, message.info.deliveryCount)) {
      message.nak(PASS_ON_MS);
      return undefined;
    }
    const taken = new AbortController();
    this.#held.set(id, { message, taken });
    await records.claim(record);
    countTakeover(record, self);
    return { job: record.job, signal: taken.signal, release: () => this.#release(id) };
  }

  #mayRun({ hash, job }: JobRecord, deliveries: number): boolean {
    const { hasPipeline, isComputing, hash: own } = this.#options;
    if (!hasPipeline(job.pipelineId)) return false;
    return hash === own || deliveries > PASSES && !isComputing(hash);
  }

  #release(id: string): Promise<void> {
    const held = this.#held.get(id);
    this.#held.delete(id);
    if (held === undefined || held.taken.signal.aborted) return Promise.resolve();
    const job = this.#options.records.get(id)?.job;
    const isOver = job === undefined || isFinished(job.status);
    sendQuietly(() => isOver ? held.message.ack() : held.message.nak());
    return Promise.resolve();
  }

  #sayWorking(): void {
    for (const { message, taken } of this.#held.values()) {
      if (!taken.signal.aborted) sendQuietly(() => message.working());
    }
  }

  #requeue(): void {
    const now = performance.now();
    for (const { job, changedAt } of this.#options.records.list()) {
      const isLeft = !isFinished(job.status) && !this.#held.has(job.id);
      if (isLeft && now - changedAt >= QUIET_MS) void this.add(job.id);
    }
  }
}

/** Counts a job if the next owner goes on with what another has begun. */
function countTakeover({ job, owner }: JobRecord, next: string): void {
  const isBegun = job.status === "processing" && owner !== null;
  if (isBegun && owner !== next) clusterMetrics.jobTakeovers.inc();
}

/** Says something about a message; without a connection it is not heard, and the message comes again. */
function sendQuietly(send: () => void): void {
  try {
    send();
  } catch {
    // The connection has ended.
  }
}
