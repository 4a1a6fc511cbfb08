/**
 * What the video jobs of a cluster are kept in, in JetStream.
 *
 * @module
 */

import {
  AckPolicy,
  type Consumer,
  DiscardPolicy,
  jetstream,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import { Objm } from "@nats-io/obj";
import { nanos, type NatsConnection } from "@nats-io/transport-node";
import { MEGABYTE } from "../../environment.ts";
import { NamedError } from "../../named_error.ts";
import { reasonOf } from "../../user_error.ts";
import { StorageFullError, StorageUnavailableError } from "../../video/errors.ts";
import { makeOnce } from "../races.ts";

/** A job of which its machine says nothing for so long is given to another, in milliseconds. */
const ACK_WAIT_MS = 3000;
/** Room that is reserved for the records of all jobs. */
const RECORDS_BYTES = 16 * MEGABYTE;
/** Room that is reserved for the queue, which holds a few bytes for each job. */
const QUEUE_BYTES = MEGABYTE;

/** Codes of JetStream that callers tell apart. */
export const JetStreamCode = {
  /** The stream does not exist. */
  noStream: 10059,
  /** Somebody else was first. */
  conflict: 10071,
  /** The room that is reserved for a stream is used up. */
  streamFull: 10077,
} as const;

/** Codes that mean that there is no more room: for a reservation, in an account, in memory or on the disk. */
const FULL_CODES = [10047, 10023, 10028, 10002, JetStreamCode.streamFull];

/** Whether an error is one that JetStream gives a code. */
export function hasCode(error: unknown, code: number): boolean {
  return error instanceof JetStreamApiError && error.code === code;
}

/** JetStream over one connection. */
export interface OpenStreams {
  /** The records of the jobs. */
  records: KV;
  /** Buckets for videos and results, one for each job. */
  objects: Objm;
  /** Gives jobs to machines. */
  consumer: Consumer;
  /** Publishes. */
  js: JetStreamClient;
  /** Makes and removes streams. */
  jsm: JetStreamManager;
}

/** The streams of the jobs of one cluster, over whichever connection there is. */
export class JobStreams {
  readonly #cluster: string;
  #open: { streams: OpenStreams; lost: PromiseWithResolvers<never> } | undefined;

  /** Those of a cluster; not open yet. */
  constructor(cluster: string) {
    this.#cluster = cluster;
  }

  /** Whether there is a connection over which they are used. */
  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Takes a job out of the queue. */
  async unqueue({ jsm }: OpenStreams, jobId: string): Promise<void> {
    await jsm.streams.purge(this.#queueName, { filter: this.queueSubject(jobId) });
  }

  /** Where a job is queued. */
  queueSubject(jobId: string): string {
    return `livesyte.${this.#cluster}.queue.${jobId}`;
  }

  /** Name of the bucket of a job's video and results. */
  bucketName(jobId: string): string {
    return `livesyte_${this.#cluster}_${jobId}`;
  }

  /** The job whose bucket is kept in a stream; `undefined` where it is none of this cluster. */
  jobOfStream(stream: string): string | undefined {
    const prefix = `OBJ_livesyte_${this.#cluster}_`;
    const id = stream.startsWith(prefix) ? stream.slice(prefix.length) : "";
    return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? id : undefined;
  }

  /** Removes whatever is left of the record of a job that has been removed. */
  async forgetRecord({ jsm }: OpenStreams, jobId: string): Promise<void> {
    const name = this.#recordsName;
    await jsm.streams.purge(`KV_${name}`, { filter: `$KV.${name}.*.${jobId}` });
  }

  get #queueName(): string {
    return `livesyte_${this.#cluster}_queue`;
  }

  get #recordsName(): string {
    return `livesyte_${this.#cluster}_jobs`;
  }

  /**
   * Uses a connection from now on; what is missing is made.
   *
   * @throws If JetStream is not there, or has no room
   */
  async use(connection: NatsConnection): Promise<OpenStreams> {
    const js = jetstream(connection);
    const jsm = await jetstreamManager(connection);
    const name = this.#queueName;
    await makeOnce(() => this.#makeQueue(jsm));
    await jsm.consumers.add(name, {
      durable_name: "machines",
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ACK_WAIT_MS),
      max_deliver: -1,
    });
    const records = await makeOnce(() =>
      new Kvm(js).create(this.#recordsName, {
        history: 1,
        storage: StorageType.File,
        max_bytes: RECORDS_BYTES,
      })
    );
    const consumer = await js.consumers.get(name, "machines");
    const streams = { records, objects: new Objm(js), consumer, js, jsm };
    const lost = Promise.withResolvers<never>();
    // Not everybody waits for something when the connection ends.
    lost.promise.catch(() => {});
    this.#open = { streams, lost };
    return streams;
  }

  /** Makes the queue if it is not there, which somebody may have set up otherwise. */
  async #makeQueue(jsm: JetStreamManager): Promise<void> {
    try {
      await jsm.streams.info(this.#queueName);
    } catch (error) {
      if (!hasCode(error, JetStreamCode.noStream)) throw error;
      await jsm.streams.add({
        name: this.#queueName,
        subjects: [this.queueSubject("*")],
        retention: RetentionPolicy.Workqueue,
        storage: StorageType.File,
        discard: DiscardPolicy.New,
        max_bytes: QUEUE_BYTES,
      });
    }
  }

  /**
   * Notes that streams cannot be used any more; whoever waits for something of them is told.
   *
   * @param streams Those that are meant; whichever are in use unless given
   */
  close(streams: OpenStreams | undefined = this.#open?.streams): void {
    if (this.#open === undefined || this.#open.streams !== streams) return;
    this.#open.lost.reject(unreachable());
    this.#open = undefined;
  }

  /**
   * Does something with the streams.
   *
   * @throws {StorageFullError} If there is no room
   * @throws {StorageUnavailableError} If NATS is not there, or does not answer
   * @throws {JetStreamApiError} If a stream does not exist, or somebody else was first
   */
  async call<T>(work: (streams: OpenStreams) => Promise<T>): Promise<T> {
    if (this.#open === undefined) throw unreachable();
    const { streams, lost } = this.#open;
    try {
      // Some readers of JetStream would wait for ever.
      return await Promise.race([work(streams), lost.promise]);
    } catch (error) {
      throw toStorageError(error);
    }
  }
}

function unreachable(): StorageUnavailableError {
  return new StorageUnavailableError("Cannot reach NATS, which keeps the video jobs");
}

function toStorageError(cause: unknown): unknown {
  if (cause instanceof NamedError) return cause;
  if (cause instanceof JetStreamApiError) {
    if (FULL_CODES.includes(cause.code)) {
      return new StorageFullError(
        "The storage of NATS is full: delete finished jobs, or raise max_file_store in the configuration of nats-server",
        { cause },
      );
    }
    if ([JetStreamCode.noStream, JetStreamCode.conflict].some((code) => code === cause.code)) {
      return cause;
    }
  }
  return new StorageUnavailableError(`NATS does not keep video jobs now: ${reasonOf(cause)}`, {
    cause,
  });
}
