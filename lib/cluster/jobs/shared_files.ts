/**
 * The videos of the jobs of a cluster: kept in the object store, and copied to this machine while they are needed.
 *
 * @module
 */

import type { ObjectInfo } from "@nats-io/obj";
import { join } from "node:path";
import { MEGABYTE } from "../../environment.ts";
import type { DiskSpace } from "../../storage/disk_space.ts";
import { StorageUnavailableError, toStorageError, VideoDecodeError } from "../../video/errors.ts";
import { JobFiles, type OpenVideo, type VideoElsewhere } from "../../video/jobs/job_files.ts";
import type { JobBuckets } from "./job_buckets.ts";
import type { JobStreams } from "./job_streams.ts";
import { findInStore } from "./video_in_store.ts";

/** Name of a video in the bucket of its job. */
const VIDEO = "video";
/** For how long a copy that nobody uses is kept, in milliseconds: players ask for one part of an annotated video after the other. */
const KEEP_MS = 600_000;
/** Size of the messages of a video; each is acknowledged before the next one is sent. */
const MESSAGE_BYTES = MEGABYTE / 2;
/** Messages of a video that are on their way at once. */
const MESSAGES_AT_ONCE = 16;
/** How long messages of a video may take, in milliseconds. */
const MESSAGES_TIMEOUT_MS = 10_000;
/** Held by the process that has the folder. */
const LOCK = "lock";

/** What {@linkcode SharedFiles} works with. */
export interface SharedFilesOptions {
  /** The streams of the cluster. */
  streams: JobStreams;
  /** The buckets of the jobs. */
  buckets: JobBuckets;
  /** The disk that copies are on. */
  disk: DiskSpace;
  /** Whether there is a job, as the records say now. */
  isKnown: (jobId: string) => Promise<boolean>;
}

/** A copy of a video on this machine. */
interface Copy {
  /** Those who need it. */
  users: number;
  /** When the last of them was done with it, in monotonic milliseconds. */
  usedAt: number;
  /** Resolves when all of it is there. */
  ready: Promise<void>;
}

/** Copies of videos in a folder that this process has for itself, and removes at its end. */
export class SharedFiles extends JobFiles {
  readonly #options: SharedFilesOptions;
  readonly #lock: Deno.FsFile;
  readonly #copies = new Map<string, Copy>();

  private constructor(directory: string, lock: Deno.FsFile, options: SharedFilesOptions) {
    super(directory);
    this.#lock = lock;
    this.#options = options;
  }

  /**
   * Makes a folder of its own, and removes those of processes that have ended without doing so.
   *
   * @param parent Holds the folders of all processes of this machine
   */
  static async openIn(parent: string, options: SharedFilesOptions): Promise<SharedFiles> {
    await Deno.mkdir(parent, { recursive: true });
    for await (const { name } of Deno.readDir(parent)) await removeAbandoned(join(parent, name));
    const directory = join(parent, crypto.randomUUID());
    await Deno.mkdir(directory);
    const lock = await Deno.open(join(directory, LOCK), { write: true, create: true });
    await lock.lock(true);
    // Only what has been locked once may be taken for abandoned.
    await lock.write(new TextEncoder().encode(`${Deno.pid}\n`));
    return new SharedFiles(directory, lock, options);
  }

  /** Removes the folder. */
  async close(): Promise<void> {
    await Deno.remove(this.directory, { recursive: true }).catch(() => {});
    this.#lock.close();
  }

  /**
   * Puts the video of a job that is about to be made into the object store.
   *
   * @throws {StorageFullError} If NATS has no room for it; nothing of it is left there then
   */
  override async keep(jobId: string): Promise<void> {
    const { buckets, streams } = this.#options;
    const path = this.path(jobId);
    this.#copies.set(jobId, { users: 0, usedAt: performance.now(), ready: Promise.resolve() });
    const bucket = await buckets.make(jobId, (await Deno.stat(path)).size);
    const meta = { name: VIDEO, options: { max_chunk_size: MESSAGE_BYTES } };
    const file = await Deno.open(path);
    try {
      const { mtime } = await streams.call(() => bucket.put(meta, file.readable));
      await setTime(path, mtime);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Removes what is kept for a job that was not made after all. */
  override async abandon(jobId: string): Promise<void> {
    await this.remove(jobId);
    // What cannot be removed now is found later to belong to no job.
    await this.#options.buckets.remove(jobId).catch(() => {});
  }

  /**
   * Gives the video of a job, which is fetched first if this machine does not have it.
   *
   * @throws {VideoDecodeError} If it is not in the object store any more
   * @throws {StorageUnavailableError} If NATS cannot be reached
   * @throws {StorageFullError} If there is no room for it here
   */
  override async open(jobId: string): Promise<OpenVideo> {
    const copy = this.#copies.getOrInsertComputed(jobId, () => ({
      users: 0,
      usedAt: performance.now(),
      ready: this.#fetch(jobId),
    }));
    copy.users++;
    const release = () => {
      copy.users--;
      copy.usedAt = performance.now();
    };
    try {
      await copy.ready;
    } catch (error) {
      release();
      if (this.#copies.get(jobId) === copy) this.#copies.delete(jobId);
      throw error;
    }
    return { path: this.path(jobId), [Symbol.dispose]: release };
  }

  /** Gives the video of a job straight from the object store, unless there is a copy here. @throws As `open` does */
  override async elsewhere(jobId: string): Promise<VideoElsewhere | undefined> {
    if (this.#copies.has(jobId)) return undefined;
    return await findInStore(this.#options.streams, await this.#find(jobId));
  }

  /** Removes what this machine has of a job. */
  override async remove(jobId: string): Promise<void> {
    this.#copies.delete(jobId);
    await super.remove(jobId);
  }

  /** Removes what belongs to jobs that are not known, and copies that nobody has used for a while. */
  override async removeOthers(isKnown: (jobId: string) => boolean): Promise<void> {
    await super.removeOthers(isKnown);
    for (const [jobId, { users, usedAt }] of this.#copies) {
      if (users === 0 && performance.now() - usedAt >= KEEP_MS) await this.#drop(jobId);
    }
    const { buckets, isKnown: isRecorded } = this.#options;
    await buckets.removeOthers(async (id) => isKnown(id) || await isRecorded(id));
  }

  /** Removes a copy and what was made of it; under another name first, since it may be fetched anew meanwhile. */
  async #drop(jobId: string): Promise<void> {
    this.#copies.delete(jobId);
    const old = join(this.directory, crypto.randomUUID());
    Deno.renameSync(this.path(jobId), old);
    await Deno.remove(old);
    await Deno.remove(join(this.directory, this.annotatedNames(jobId).output)).catch(() => {});
  }

  async #find(jobId: string): Promise<ObjectInfo> {
    const video = await this.#options.buckets.use(jobId, (bucket) => bucket.info(VIDEO));
    if (!video) throw new VideoDecodeError("The video is not in the object store of NATS any more");
    return video;
  }

  async #fetch(jobId: string): Promise<void> {
    const { streams, disk } = this.#options;
    const video = await this.#find(jobId);
    using space = await disk.promise(video.size);
    const partial = this.partialPath(jobId);
    try {
      using file = await Deno.open(partial, { write: true, create: true, truncate: true });
      await streams.call(async ({ js }) => {
        const consumer = await js.consumers.get(`OBJ_${video.bucket}`, {
          filter_subjects: `$O.${video.bucket}.C.${video.nuid}`,
        });
        for (let left = video.chunks; left > 0;) {
          const max_messages = Math.min(left, MESSAGES_AT_ONCE);
          const before = left;
          const messages = await consumer.fetch({ max_messages, expires: MESSAGES_TIMEOUT_MS });
          for await (const { data } of messages) {
            for (let part = data; part.length > 0;) part = part.subarray(await file.write(part));
            space.spend(data.length);
            left--;
          }
          if (left === before) throw new StorageUnavailableError("NATS does not give the video");
        }
        await consumer.delete();
      });
      await setTime(partial, video.mtime);
      await Deno.rename(partial, this.path(jobId));
    } catch (error) {
      await Deno.remove(partial).catch(() => {});
      throw toStorageError(error);
    }
  }
}

/** Gives all copies of a video the same time, by which players know that they are the same. */
async function setTime(path: string, mtime: string): Promise<void> {
  await Deno.utime(path, new Date(mtime), new Date(mtime));
}

/** Removes the folder of a process that has ended. */
async function removeAbandoned(directory: string): Promise<void> {
  try {
    using lock = await Deno.open(join(directory, LOCK), { write: true });
    const wasHeld = await lock.tryLock(true) && (await lock.stat()).size > 0;
    if (wasHeld) await Deno.remove(directory, { recursive: true });
  } catch {
    // Another process removes it at this moment, or it is none of ours.
  }
}
