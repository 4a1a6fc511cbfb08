import { expect } from "expect";
import fc from "fast-check";
import { makeJob } from "../../lib/video/jobs/job.ts";
import type { FinishedStatus, JobStatus } from "../../lib/video/jobs/job.ts";
import { JobDatabase } from "../../lib/video/jobs/database/job_database.ts";
import { DATABASE_NAME } from "../../lib/video/jobs/database/open_job_storage.ts";
import { JobStore } from "../../lib/video/jobs/job_store.ts";
import { frameResults } from "./results.ts";
import { fillDisk, smallDisk, withoutSmallDisks } from "./small_disk.ts";
import { temporaryDirectory } from "./temporary_directory.ts";

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 0, 1);
const NEW_JOB = { pipelineId: "yolo_only", fileName: "walk.mp4", fileBytes: 1000 };
const clocks = { now: () => NOW, uptime: () => performance.now() };

interface Wanted {
  status: JobStatus;
  /** How long ago it ended, or was added. */
  hours?: number;
}

/** A store that finds jobs of these statuses and ages, each with a file and ten results. */
async function storeOf(wanted: readonly Wanted[], path?: string) {
  const directory = path === undefined ? await temporaryDirectory() : undefined;
  const dataDirectory = directory?.path ?? path ?? "";
  const database = new JobDatabase(`${dataDirectory}/${DATABASE_NAME}`);
  await Deno.mkdir(`${dataDirectory}/videos`);
  const jobs = wanted.map(({ status, hours = 0 }) => {
    const then = NOW - Math.round(hours * HOUR_MS);
    const isOver = status !== "pending" && status !== "processing";
    const job = makeJob(crypto.randomUUID(), NEW_JOB, then);
    return { ...job, status, finishedAt: isOver ? then : null };
  });
  database.write({ jobs });
  for (const { id } of jobs) {
    database.write({ results: { jobId: id, results: frameResults(0, 10) } });
    for (const ending of ["video", "annotated"]) {
      await Deno.writeTextFile(`${dataDirectory}/videos/${id}.${ending}`, "video");
    }
  }
  database.close();
  const limits = { capacity: 10_000 };
  const store = await JobStore.open({ dataDirectory, clocks, sweepIntervalMs: 0, limits });
  return {
    store,
    ids: jobs.map(({ id }) => id),
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await directory?.[Symbol.asyncDispose]();
    },
  };
}

function filesOf(store: JobStore): string[] {
  return Array.from(Deno.readDirSync(store.files.directory), ({ name }) => name).toSorted();
}

const EACH: Wanted[] = [
  { status: "pending" },
  { status: "processing" },
  { status: "completed" },
  { status: "failed" },
  { status: "cancelled" },
];

Deno.test("JobStore clears the finished jobs of a status, or all, with their files", async () => {
  for (const status of ["completed", "failed", "cancelled", undefined] as const) {
    await using opened = await storeOf([...EACH, ...EACH]);
    const { store, ids } = opened;
    const removed: string[] = [];
    store.on("removed", ({ id }) => void removed.push(id));
    expect(await store.clear(status ? { status } : {})).toBe(status === undefined ? 6 : 2);
    const left = store.list();
    expect(left.some((job) => job.status === status)).toBe(false);
    expect(left.filter((job) => ["pending", "processing"].includes(job.status))).toHaveLength(4);
    const leftIds = left.map(({ id }) => id);
    expect(removed).toEqual(ids.filter((id) => !leftIds.includes(id)));
    expect(filesOf(store))
      .toEqual(leftIds.flatMap((id) => [`${id}.annotated`, `${id}.video`]).toSorted());
    expect(store.statistics().total).toBe(left.length);
    expect(await store.clear(status ? { status } : {})).toBe(0);
  }
});

Deno.test("JobStore clears the jobs that ended long enough ago, whatever their status and age", async () => {
  const finished: FinishedStatus[] = ["completed", "failed", "cancelled"];
  const job = fc.record({
    status: fc.constantFrom<JobStatus>("pending", "processing", ...finished),
    hours: fc.double({ min: -10, max: 100, noNaN: true }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(job, { maxLength: 10 }),
      fc.option(fc.constantFrom(...finished), { nil: undefined }),
      fc.option(fc.double({ min: 0, max: 110, noNaN: true }), { nil: undefined }),
      async (wanted, status, hours) => {
        await using opened = await storeOf(wanted);
        const { store, ids } = opened;
        const isMeant = (each: Wanted) =>
          finished.some((name) => name === each.status) &&
          (status === undefined || each.status === status) &&
          // A clock that was set back makes no job younger than none at all.
          (hours === undefined || hours === 0 || Math.max(0, each.hours ?? 0) >= hours);
        const removed = await store.clear({
          ...(status && { status }),
          ...(hours !== undefined && { olderThanMs: hours * HOUR_MS }),
        });
        const left = store.list().map(({ id }) => id);
        // Fractions of a millisecond are rounded.
        const isNear = (each: Wanted) => Math.abs((each.hours ?? 0) - (hours ?? 0)) < 1e-5;
        const sure = wanted.flatMap((each, place) => isNear(each) ? [] : [place]);
        expect(sure.map((place) => left.includes(ids[place] ?? "")))
          .toEqual(sure.map((place) => !isMeant(wanted[place] ?? { status: "pending" })));
        expect(removed).toBe(wanted.length - left.length);
      },
    ),
    { numRuns: 25 },
  );
});

Deno.test("JobStore keeps a job that was retried while others were being cleared", async () => {
  await using opened = await storeOf(Array.from({ length: 200 }, () => ({ status: "failed" })));
  const { store, ids } = opened;
  const last = ids.at(-1) ?? "";
  const cleared = store.clear({ status: "failed" });
  const retried = store.update(last, { status: "pending" });
  const alsoRemoved = store.remove(ids[100] ?? "");
  expect(await cleared + 1).toBe(199);
  await Promise.all([retried, alsoRemoved]);
  expect(store.list().map(({ id }) => id)).toEqual([last]);
  expect(filesOf(store)).toEqual([`${last}.annotated`, `${last}.video`]);
});

Deno.test("clearing thousands of jobs holds neither the event loop nor other changes up", async () => {
  const wanted = Array.from({ length: 3000 }, (): Wanted => ({ status: "completed" }));
  await using opened = await storeOf([...wanted, { status: "processing" }]);
  const { store, ids } = opened;
  const processing = ids.at(-1) ?? "";
  // As many clients as may be connected from one address or two.
  for (let watcher = 0; watcher < 500; watcher++) store.on("removed", () => {}, processing);
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  let isDone = false;
  const startedAt = performance.now();
  const cleared = store.clear().finally(() => isDone = true);
  let changes = 0;
  let longestChange = 0;
  while (!isDone) {
    const before = performance.now();
    const first = 10 + changes++;
    await store.appendResults(processing, frameResults(first, first + 1));
    longestChange = Math.max(longestChange, performance.now() - before);
  }
  clearInterval(timer);
  expect(await cleared).toBe(3000);
  const took = performance.now() - startedAt;
  expect(changes).toBeGreaterThan(10);
  // Each waits for one step only: there are a hundred of them, and machines of tests are busy.
  expect(longest).toBeLessThan(Math.max(200, took / 4));
  expect(longestChange).toBeLessThan(Math.max(400, took / 4));
  expect(filesOf(store)).toEqual([`${processing}.annotated`, `${processing}.video`]);
});

Deno.test({
  name: "clearing jobs frees a full disk",
  ignore: withoutSmallDisks,
  async fn() {
    await using disk = await smallDisk(16 * 1_048_576);
    if (disk === undefined) throw new Error("Cannot make a disk");
    await using opened = await storeOf(
      Array.from({ length: 300 }, () => ({ status: "completed" })),
      disk.path,
    );
    const { store } = opened;
    await fillDisk(`${disk.path}/filler`);
    expect(await store.clear({ status: "completed" })).toBe(300);
    expect(store.list()).toEqual([]);
    expect(filesOf(store)).toEqual([]);
    await store.create(NEW_JOB);
  },
});
