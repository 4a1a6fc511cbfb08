import { expect } from "expect";
import { StorageFullError, StorageUnavailableError } from "../../lib/video/errors.ts";
import { JobStore } from "../../lib/video/jobs/job_store.ts";
import { submitVideo } from "../../lib/video/submit_video.ts";
import { frameResults, storedResults } from "./results.ts";
import {
  breakableDisk,
  fillDisk,
  smallDisk,
  withoutBreakableDisks,
  withoutSmallDisks,
} from "./small_disk.ts";

const MB = 1_048_576;
const NEW_JOB = { pipelineId: "yolo_only", fileName: "walk.mp4", fileBytes: 1000 };

/** A store on a disk, with one completed job that has a file of 1 MB and 50 results. */
async function openStore<Disk extends { path: string }>(
  made: Promise<(Disk & AsyncDisposable) | undefined>,
  reserveBytes = 0,
) {
  const disk = await made;
  if (disk === undefined) throw new Error("Cannot make a disk");
  const store = await JobStore.open({
    dataDirectory: disk.path,
    sweepIntervalMs: 0,
    reserveBytes,
    limits: { completedExpiryMs: 50 },
  });
  using place = store.reserve();
  const { id } = await store.create(NEW_JOB, place);
  await Deno.writeFile(store.files.path(id), new Uint8Array(MB));
  await store.updateStatus(id, "processing");
  await store.appendResults(id, frameResults(0, 50), { currentStep: 50 });
  await store.updateStatus(id, "completed");
  return {
    disk,
    store,
    id,
    filler: `${disk.path}/filler`,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await disk[Symbol.asyncDispose]();
    },
  };
}

function upload(bytes: number): Request {
  const video = new Uint8Array(bytes);
  video.set(new TextEncoder().encode("\0\0\0\x18ftypisom"));
  const body = new FormData();
  body.set("file", new File([video], "walk.mp4"));
  return new Request("http://localhost/", { method: "POST", body });
}

async function submit(store: JobStore, bytes: number): Promise<string> {
  const probe = { check: () => Promise.resolve() };
  const options = { pipelineId: "yolo_only", maxBytes: 100 * MB, probe, parseRules: () => [] };
  return (await submitVideo(store, upload(bytes), options)).id;
}

function diskTest(name: string, fn: () => Promise<void>, ignore = withoutSmallDisks): void {
  Deno.test({ name, ignore, fn });
}

diskTest("a full disk lets jobs and results be looked at", async () => {
  await using opened = await openStore(smallDisk(8 * MB));
  const { store, id, filler } = opened;
  await fillDisk(filler);
  await expect(store.create(NEW_JOB)).rejects.toThrow(StorageFullError);
  expect(store.get(id)).toMatchObject({ status: "completed", progress: { currentStep: 50 } });
  expect(store.list().length).toBe(1);
  expect(store.health().status).toBe("healthy");
  expect(await storedResults(store, id)).toEqual(frameResults(0, 50));
});

diskTest("jobs on a full disk can be looked at and removed after a new start", async () => {
  await using opened = await openStore(smallDisk(8 * MB));
  const { store, disk, id, filler } = opened;
  await fillDisk(filler);
  await store.shutdown(5000);
  await using next = await JobStore.open({ dataDirectory: disk.path, sweepIntervalMs: 0 });
  expect(next.get(id)).toMatchObject({ status: "completed", progress: { currentStep: 50 } });
  expect(await storedResults(next, id)).toEqual(frameResults(0, 50));
  await next.remove(id);
  await submit(next, MB / 4);
});

diskTest("removing a job frees a full disk", async () => {
  await using opened = await openStore(smallDisk(8 * MB));
  const { store, id, filler } = opened;
  await fillDisk(filler);
  await store.remove(id);
  expect(store.list()).toEqual([]);
  expect(Array.from(Deno.readDirSync(store.files.directory))).toEqual([]);
  await submit(store, MB / 4);
});

diskTest("a sweep frees a full disk", async () => {
  await using opened = await openStore(smallDisk(8 * MB));
  const { store, filler } = opened;
  await new Promise((resolve) => setTimeout(resolve, 60));
  await fillDisk(filler);
  expect(await store.sweep()).toBe(1);
  expect(Array.from(Deno.readDirSync(store.files.directory))).toEqual([]);
});

diskTest("uploads end at the reserve, and removing jobs lets them in again", async () => {
  await using opened = await openStore(smallDisk(8 * MB), 4 * MB);
  const { store, id } = opened;
  const accepted: string[] = [];
  const refused = (async () => {
    for (;;) accepted.push(await submit(store, MB));
  })();
  await expect(refused).rejects.toThrow(
    new StorageFullError("The disk of the server is almost full"),
  );
  expect(accepted.length).toBe(2);
  await store.remove(id);
  await submit(store, MB);
});

diskTest(
  "a disk that cannot be written any more lets jobs be looked at, and changes nothing",
  async () => {
    await using opened = await openStore(breakableDisk(8 * MB));
    const { store, disk, id } = opened;
    await new Promise((resolve) => setTimeout(resolve, 60));
    await disk.break();
    expect(store.get(id).status).toBe("completed");
    expect(await storedResults(store, id)).toEqual(frameResults(0, 50));
    await expect(store.remove(id)).rejects.toThrow(StorageUnavailableError);
    await expect(submit(store, 1000)).rejects.toThrow(StorageUnavailableError);
    await expect(store.create(NEW_JOB)).rejects.toThrow(StorageUnavailableError);
    expect(await store.sweep()).toBe(0);
    expect(store.list().length).toBe(1);
    expect((await Deno.stat(store.files.path(id))).size).toBe(MB);
  },
  withoutBreakableDisks,
);

diskTest("a disk without a free inode refuses uploads, and removing a job frees one", async () => {
  await using opened = await openStore(smallDisk(8 * MB, 12));
  const { store, disk, id } = opened;
  let files = 0;
  const fill = async () => {
    for (;; files++) {
      (await Deno.open(`${disk.path}/${files}`, { create: true, write: true })).close();
    }
  };
  await expect(fill()).rejects.toMatchObject({ code: "ENOSPC" });
  expect(files).toBeGreaterThan(0);
  await expect(submit(store, 1000)).rejects.toThrow(StorageFullError);
  expect(await storedResults(store, id)).toEqual(frameResults(0, 50));
  await store.remove(id);
  await submit(store, 1000);
});
