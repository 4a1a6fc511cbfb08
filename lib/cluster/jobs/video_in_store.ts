/**
 * Parts of a video straight from the object store of JetStream.
 *
 * @module
 */

import type { ObjectInfo } from "@nats-io/obj";
import { StorageUnavailableError } from "../../video/errors.ts";
import type { VideoElsewhere } from "../../video/jobs/job_files.ts";
import type { JobStreams } from "./job_streams.ts";

/**
 * Finds a video in the object store. Its messages are numbered in a row, since nothing else is written into the bucket of a job
 * before its video is there; so those of a part are found without the ones before.
 *
 * @param info What the object store says of it
 * @throws {StorageUnavailableError} If NATS cannot be reached
 */
export async function findInStore(streams: JobStreams, info: ObjectInfo): Promise<VideoElsewhere> {
  const { bucket, nuid, size, chunks, mtime } = info;
  const subject = `$O.${bucket}.C.${nuid}`;
  const read = (seq: number) =>
    streams.call(async ({ jsm }) => {
      const message = await jsm.direct.getMessage(`OBJ_${bucket}`, { seq, next_by_subj: subject });
      if (message === null) throw new StorageUnavailableError("NATS does not give the video");
      return { seq: message.seq, data: new Uint8Array(message.data) };
    });
  const first = await read(1);
  const chunkBytes = first.data.length;
  const chunk = async (index: number) => {
    const { seq, data } = index === 0 ? first : await read(first.seq + index);
    const isLast = index === chunks - 1;
    const isWhole = data.length === (isLast ? size - index * chunkBytes : chunkBytes);
    if (seq === first.seq + index && isWhole) return data;
    throw new StorageUnavailableError("A part of the video is not where it belongs");
  };
  return {
    size,
    mtime: new Date(mtime),
    beginning: first.data,
    read(start, end) {
      let at = start;
      return new ReadableStream({
        async pull(controller) {
          if (at < end) {
            const index = Math.floor(at / chunkBytes);
            const from = index * chunkBytes;
            const part = (await chunk(index)).subarray(at - from, end - from);
            at += part.length;
            controller.enqueue(part);
          }
          if (at >= end) controller.close();
        },
      }, { highWaterMark: 0 });
    },
  };
}
