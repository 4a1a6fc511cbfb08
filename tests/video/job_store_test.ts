import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "expect";
import { JobCapacityError, JobNotFoundError, JobStateError } from "../../lib/video/errors.ts";
import type { Job, JobStatus } from "../../lib/video/job.ts";
import type { JobChanges } from "../../lib/video/job_changes.ts";
import { JobStore, type JobStoreOptions } from "../../lib/video/job_store.ts";
import { emptyResult, frameResults } from "./results.ts";
import { temporaryDirectory } from "./temporary_directory.ts";

const HOUR_MS = 3_600_000;
const NEW_JOB = { pipelineId: "yolo_only", fileName: "walk.mp4", fileBytes: 1000 };

/** A store in a directory of its own, with a clock that stands still until it is set. */
async function openStore(options: Partial<JobStoreOptions> = {}) {
  const directory = await temporaryDirectory();
  const clock = { now: Date.UTC(2026, 0, 1) };
  const store = new JobStore({
    dataDirectory: directory.path,
    now: () => clock.now,
    sweepIntervalMs: 0,
    ...options,
  });
  return {
    store,
    clock,
    path: directory.path,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Brings a new job to a status. */
function createIn(store: JobStore, status: JobStatus): Job {
  const { id } = store.create(NEW_JOB);
  if (status === "pending") return store.get(id);
  if (status !== "cancelled") store.updateStatus(id, "processing");
  return status === "processing" ? store.get(id) : store.updateStatus(id, status);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

Deno.test("JobStore creates a pending job with all it was given", async () => {
  await using opened = await openStore();
  const { store, clock } = opened;
  const job = store.create({ ...NEW_JOB, frameStride: 3, maxFrames: 50 });
  expect(store.get(job.id)).toEqual({
    id: job.id,
    pipelineId: "yolo_only",
    status: "pending",
    progress: { currentStep: 0, totalSteps: 0, description: "Waiting" },
    createdAt: clock.now,
    updatedAt: clock.now,
    lastAccessed: clock.now,
    startedAt: null,
    finishedAt: null,
    error: null,
    fileName: "walk.mp4",
    fileBytes: 1000,
    frameStride: 3,
    maxFrames: 50,
    video: null,
  });
});

Deno.test("JobStore refuses a second job of the same id", async () => {
  await using opened = await openStore();
  const { id } = opened.store.create(NEW_JOB);
  expect(() => opened.store.create({ ...NEW_JOB, id })).toThrow(JobStateError);
});

Deno.test("JobStore touches a job that is looked at, and not those that are listed", async () => {
  await using opened = await openStore();
  const { store, clock } = opened;
  const { id } = store.create(NEW_JOB);
  clock.now += 1000;
  expect(store.list()[0]?.lastAccessed).toBe(clock.now - 1000);
  expect(store.get(id).lastAccessed).toBe(clock.now);
  expect(store.list()[0]).toMatchObject({ lastAccessed: clock.now, updatedAt: clock.now - 1000 });
});

Deno.test("JobStore gives copies", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const { id } = store.create(NEW_JOB);
  for (const job of [store.get(id), ...store.list()]) {
    job.progress.currentStep = 99;
    job.status = "failed";
  }
  expect(store.get(id)).toMatchObject({ status: "pending", progress: { currentStep: 0 } });
});

Deno.test("JobStore knows nothing of an unknown job", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const long = "x".repeat(1000);
  const calls = [
    () => store.get(long),
    () => store.updateStatus(long, "processing"),
    () => store.updateProgress(long, {}),
    () => store.appendResults(long, []),
    () => store.results(long, { limit: 1 }),
    () => store.countResults(long),
    () => store.remove(long),
  ];
  for (const call of calls) {
    expect(call).toThrow(JobNotFoundError);
    expect(call).toThrow(`There is no job ${"x".repeat(64)}`);
  }
});

Deno.test("JobStore allows exactly the legal changes of status", async () => {
  await using opened = await openStore({ capacity: 1000 });
  const { store } = opened;
  const legal: Record<JobStatus, JobStatus[]> = {
    pending: ["processing", "failed", "cancelled"],
    processing: ["completed", "failed", "cancelled"],
    completed: [],
    failed: ["pending"],
    cancelled: ["pending"],
  };
  const all = Object.keys(legal) as JobStatus[];
  for (const from of all) {
    for (const to of all) {
      const { id } = createIn(store, from);
      if (legal[from].includes(to)) {
        expect(store.updateStatus(id, to).status).toBe(to);
      } else {
        expect(() => store.updateStatus(id, to)).toThrow(JobStateError);
        expect(store.get(id).status).toBe(from);
      }
    }
  }
});

Deno.test("JobStore notes when a job started, ended and why it failed, until a retry", async () => {
  await using opened = await openStore();
  const { store, clock } = opened;
  const { id } = store.create(NEW_JOB);
  const startedAt = clock.now += 1000;
  store.updateStatus(id, "processing");
  const finishedAt = clock.now += 1000;
  const error = { code: "decode_failed", detail: "The file has no video track" } as const;
  store.updateStatus(id, "failed", error);
  expect(store.get(id)).toMatchObject({ startedAt, finishedAt, error, updatedAt: finishedAt });
  store.updateStatus(id, "pending");
  expect(store.get(id)).toMatchObject({ startedAt, finishedAt: null, error: null });
});

Deno.test("JobStore changes several fields at once or none", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const { id } = store.create(NEW_JOB);
  const video = { width: 640, height: 480, frameCount: 30, durationMs: 1200 };
  const progress = { totalSteps: 30, description: "Processing frames" };
  store.update(id, { status: "processing", video, progress });
  const expected = { status: "processing", video, progress: { currentStep: 0, ...progress } };
  expect(store.get(id)).toMatchObject(expected);
  // The status cannot follow the present one, so that the progress stays as it is too.
  const changes: JobChanges = { progress: { currentStep: 5 }, status: "pending" };
  expect(() => store.update(id, changes)).toThrow(JobStateError);
  expect(store.get(id)).toMatchObject(expected);
});

Deno.test("JobStore refuses changes of unknown fields and of other types", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const { id } = store.create(NEW_JOB);
  const before = store.list();
  const refused: [unknown, string][] = [
    [{ colour: "red" }, "Cannot update a job: unknown field colour"],
    [{ id: "other" }, "Cannot update a job: unknown field id"],
    [{ constructor: 1 }, "Cannot update a job: unknown field constructor"],
    [{ status: "done" }, 'Cannot update a job: status is "done"'],
    [{ progress: { currentStep: -1 } }, 'Cannot update a job: progress is {"currentStep":-1}'],
    [{ progress: { step: 1 } }, 'Cannot update a job: progress is {"step":1}'],
    [{ error: "bad" }, 'Cannot update a job: error is "bad"'],
  ];
  for (const [changes, message] of refused) {
    expect(() => store.update(id, changes as JobChanges)).toThrow(new TypeError(message));
  }
  expect(store.list()).toEqual(before);
});

Deno.test("JobStore tells how many of several changes succeeded", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const [first, second] = [createIn(store, "pending"), createIn(store, "completed")];
  const { succeeded, failures } = store.updateAll([
    [first.id, { status: "cancelled" }],
    [second.id, { status: "cancelled" }],
    ["unknown", { status: "cancelled" }],
  ]);
  expect(succeeded).toBe(1);
  expect(failures.map(({ id, error }) => [id, error.name])).toEqual([
    [second.id, "JobStateError"],
    ["unknown", "JobNotFoundError"],
  ]);
  expect(store.list({ status: "cancelled" }).map(({ id }) => id)).toEqual([first.id]);
});

Deno.test("JobStore takes progress and results only while a job is being processed", async () => {
  await using opened = await openStore();
  const { store } = opened;
  for (const status of ["pending", "completed", "failed", "cancelled"] as const) {
    const { id } = createIn(store, status);
    expect(() => store.updateProgress(id, { currentStep: 1 })).toThrow(JobStateError);
    expect(() => store.appendResults(id, frameResults(0, 1))).toThrow(JobStateError);
    expect(store.countResults(id).count).toBe(0);
  }
  const { id } = createIn(store, "processing");
  expect(store.updateProgress(id, { currentStep: 1, totalSteps: 9 }).progress).toMatchObject({
    currentStep: 1,
    totalSteps: 9,
  });
});

Deno.test("JobStore stores results and progress together or not at all", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const { id } = createIn(store, "processing");
  store.appendResults(id, frameResults(0, 10), { currentStep: 10 });
  expect(() => store.appendResults(id, frameResults(9, 20), { currentStep: 20 })).toThrow(
    `Frame 9 of job ${id} has a result already`,
  );
  expect(store.countResults(id)).toEqual({ count: 10, nextFrame: 10 });
  expect(store.get(id).progress.currentStep).toBe(10);
  expect(store.results(id, { limit: 100 })).toEqual(frameResults(0, 10));
});

Deno.test("JobStore gives results by offset and by frame", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const { id } = createIn(store, "processing");
  const other = createIn(store, "processing");
  // Stored out of order, and beside those of another job.
  store.appendResults(id, frameResults(10, 20));
  store.appendResults(id, frameResults(0, 10));
  store.appendResults(other.id, frameResults(0, 20));
  expect(store.results(id, { offset: 8, limit: 4 })).toEqual(frameResults(8, 12));
  expect(store.results(id, { afterFrame: 16, limit: 50 })).toEqual(frameResults(17, 20));
});

Deno.test("JobStore makes room by removing the finished job that ended first", async () => {
  await using opened = await openStore({ capacity: 3 });
  const { store, clock } = opened;
  const [waiting, first, second] = [0, 0, 0].map(() => store.create(NEW_JOB).id) as [
    string,
    string,
    string,
  ];
  clock.now += 1000;
  store.updateStatus(second, "cancelled");
  clock.now += 1000;
  store.updateStatus(first, "cancelled");
  await Deno.writeTextFile(store.files.path(second), "video");
  const created = store.create(NEW_JOB).id;
  expect(store.list().map(({ id }) => id).sort()).toEqual([waiting, first, created].sort());
  await store.files.settled();
  expect(await exists(store.files.path(second))).toBe(false);
});

Deno.test("JobStore refuses a job when none that it has is finished", async () => {
  await using opened = await openStore({ capacity: 2 });
  const { store } = opened;
  createIn(store, "pending");
  createIn(store, "processing");
  expect(() => store.checkRoom()).toThrow(JobCapacityError);
  expect(() => store.create(NEW_JOB)).toThrow("The server is at its limit of 2 jobs");
  expect(store.list().length).toBe(2);
});

Deno.test("JobStore has room for 100 jobs", async () => {
  await using opened = await openStore();
  for (let count = 0; count < 100; count++) opened.store.create(NEW_JOB);
  expect(() => opened.store.create(NEW_JOB)).toThrow(JobCapacityError);
});

Deno.test("JobStore sweeps jobs that nobody has looked at for long enough", async () => {
  await using opened = await openStore();
  const { store, clock } = opened;
  const ids = Object.fromEntries(
    (["pending", "processing", "completed", "failed", "cancelled"] as const).map((status) => [
      status,
      createIn(store, status).id,
    ]),
  );
  const left = () => store.list().map(({ id }) => Object.keys(ids).find((key) => ids[key] === id));
  await Deno.writeTextFile(store.files.path(`${ids.failed}`), "video");
  clock.now += HOUR_MS - 1;
  expect(store.sweep()).toBe(0);
  clock.now += 1;
  expect(store.sweep()).toBe(1);
  expect(left()).toEqual(["pending", "processing", "completed", "cancelled"]);
  clock.now += 5 * HOUR_MS;
  store.sweep();
  expect(left()).toEqual(["pending", "processing", "cancelled"]);
  store.get(`${ids.cancelled}`);
  clock.now += 18 * HOUR_MS;
  store.sweep();
  expect(left()).toEqual(["cancelled"]);
  await store.files.settled();
  expect(await exists(store.files.path(`${ids.failed}`))).toBe(false);
});

Deno.test("JobStore sweeps by itself once a minute", async () => {
  const clock = FakeTimers.install({ toFake: ["setInterval", "clearInterval", "Date"] });
  try {
    await using directory = await temporaryDirectory();
    await using store = new JobStore({ dataDirectory: directory.path, failedExpiryMs: 90_000 });
    const { id } = store.create(NEW_JOB);
    store.updateStatus(id, "failed");
    clock.tick(60_000);
    expect(store.list().length).toBe(1);
    clock.tick(60_000);
    expect(store.list().length).toBe(0);
  } finally {
    clock.uninstall();
  }
});

Deno.test("JobStore removes a job with its results and its file", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const { id } = createIn(store, "processing");
  store.appendResults(id, frameResults(0, 3));
  await Deno.writeTextFile(store.files.path(id), "video");
  store.remove(id);
  expect(() => store.get(id)).toThrow(JobNotFoundError);
  await store.files.settled();
  expect(await exists(store.files.path(id))).toBe(false);
  // A job of the same id starts without the results of the former one.
  store.create({ ...NEW_JOB, id });
  expect(store.countResults(id)).toEqual({ count: 0, nextFrame: 0 });
});

Deno.test("JobStore tells figures about its jobs", async () => {
  await using opened = await openStore({ capacity: 8 });
  const { store, clock } = opened;
  expect(store.statistics()).toMatchObject({ total: 0, utilisation: 0, average_age_s: null });
  for (const hours of [20, 4, 0]) {
    createIn(store, hours === 4 ? "failed" : "processing");
    clock.now += hours * HOUR_MS;
  }
  createIn(store, "pending");
  expect(store.statistics()).toEqual({
    total: 4,
    capacity: 8,
    utilisation: 0.5,
    by_status: { pending: 1, processing: 2, completed: 0, failed: 1, cancelled: 0 },
    ages: { under_1h: 2, under_6h: 1, under_24h: 0, older: 1 },
    average_age_s: 7 * 3600,
    oldest_age_s: 24 * 3600,
    newest_age_s: 0,
  });
});

Deno.test("JobStore health follows how full it is", async () => {
  await using opened = await openStore({ capacity: 10 });
  const statuses = Array.from({ length: 10 }, () => {
    opened.store.create(NEW_JOB);
    return opened.store.health().status;
  });
  expect(statuses).toEqual([
    ...Array(6).fill("healthy"),
    ...Array(2).fill("warning"),
    ...Array(2).fill("critical"),
  ]);
});

Deno.test("JobStore health names jobs that do not get on, whoever looks at them", async () => {
  await using opened = await openStore();
  const { store, clock } = opened;
  const [stuck, busy] = [createIn(store, "processing").id, createIn(store, "processing").id];
  createIn(store, "pending");
  clock.now += HOUR_MS / 2 - 1;
  store.updateProgress(busy, { currentStep: 1 });
  expect(store.health().stuck).toEqual([]);
  store.get(stuck);
  clock.now += 1;
  expect(store.health().stuck).toEqual([stuck]);
});

Deno.test("JobStore calls back at every event until told to stop", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const seen: string[] = [];
  const stops = (["created", "status", "progress", "removed"] as const).map((event) =>
    store.on(event, ({ status, progress }) => {
      seen.push(`${event} ${status} ${progress.currentStep}`);
    })
  );
  const { id } = createIn(store, "processing");
  store.appendResults(id, frameResults(0, 2), { currentStep: 2 });
  store.updateStatus(id, "completed");
  store.remove(id);
  const expected = [
    "created pending 0",
    "status processing 0",
    "progress processing 2",
    "status completed 2",
    "removed completed 2",
  ];
  expect(seen).toEqual(expected);
  for (const stop of stops) stop();
  store.create(NEW_JOB);
  expect(seen).toEqual(expected);
});

Deno.test("JobStore keeps callbacks that fail or meddle away from others and from the job", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const seen: JobStatus[] = [];
  store.on("status", () => {
    throw new Error("Broken callback");
  });
  store.on("status", () => Promise.reject(new Error("Broken callback")));
  store.on("status", (job) => {
    job.status = "cancelled";
  });
  store.on("status", ({ status }) => {
    seen.push(status);
  });
  const { id } = createIn(store, "processing");
  expect(seen).toEqual(["processing"]);
  expect(store.get(id).status).toBe("processing");
});

Deno.test("JobStore takes new limits at once, and refuses bad ones", async () => {
  await using opened = await openStore();
  const { store, clock } = opened;
  const waiting = createIn(store, "pending").id;
  const [first, second] = [createIn(store, "failed").id, createIn(store, "completed").id];
  for (const capacity of [0, -1, 1.5, NaN]) {
    expect(() => store.reconfigure({ capacity })).toThrow(RangeError);
  }
  expect(() => store.reconfigure({ size: 1 } as unknown as { capacity: number })).toThrow(
    TypeError,
  );
  store.reconfigure({ capacity: 2 });
  expect(store.list().map(({ id }) => id)).toEqual([waiting, second]);
  expect(() => store.get(first)).toThrow(JobNotFoundError);
  clock.now += 5000;
  store.reconfigure({ completedExpiryMs: 5000 });
  expect(store.list().map(({ id }) => id)).toEqual([waiting]);
});

Deno.test("JobStore waits for callbacks at shutdown, but not for ever", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const slow = Promise.withResolvers<void>();
  store.on("created", () => slow.promise);
  store.create(NEW_JOB);
  const waiting = store.shutdown(10_000);
  slow.resolve();
  expect(await waiting).toBe(true);

  await using stuck = await openStore();
  stuck.store.on("created", () => new Promise(() => {}));
  stuck.store.create(NEW_JOB);
  expect(await stuck.store.shutdown(10)).toBe(false);
});

Deno.test("JobStore refuses everything after its shutdown", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const { id } = store.create(NEW_JOB);
  await store.shutdown(1000);
  for (const call of [() => store.get(id), () => store.list(), () => store.create(NEW_JOB)]) {
    expect(call).toThrow("The job store is shut down");
  }
  expect(await store.shutdown(1000)).toBe(true);
});

Deno.test("JobStore finds its jobs and results again, and clears files of none", async () => {
  await using directory = await temporaryDirectory();
  const dataDirectory = directory.path;
  let id: string;
  {
    await using store = new JobStore({ dataDirectory });
    id = createIn(store, "processing").id;
    store.appendResults(id, frameResults(0, 5), { currentStep: 5 });
    const { files } = store;
    const orphan = crypto.randomUUID();
    for (const path of [files.path(id), files.path(orphan), files.partialPath(orphan)]) {
      await Deno.writeTextFile(path, "video");
    }
    await Deno.writeTextFile(`${files.directory}/notes.txt`, "not ours");
  }
  await using store = new JobStore({ dataDirectory });
  expect(store.get(id)).toMatchObject({ status: "processing", progress: { currentStep: 5 } });
  expect(store.countResults(id)).toEqual({ count: 5, nextFrame: 5 });
  const names = Array.from(Deno.readDirSync(store.files.directory), ({ name }) => name);
  expect(names.sort()).toEqual([`${id}.video`, "notes.txt"].sort());
});

Deno.test("JobStore keeps a second server out of its directory", async () => {
  await using directory = await temporaryDirectory();
  const dataDirectory = directory.path;
  await using store = new JobStore({ dataDirectory });
  expect(() => new JobStore({ dataDirectory })).toThrow("another process uses it");
  store.create(NEW_JOB);
});

Deno.test("JobStore refuses a database of a later version", async () => {
  await using directory = await temporaryDirectory();
  const dataDirectory = directory.path;
  await new JobStore({ dataDirectory }).shutdown(1000);
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(`${dataDirectory}/jobs.sqlite`);
  database.exec("PRAGMA user_version = 7");
  database.close();
  expect(() => new JobStore({ dataDirectory })).toThrow(
    "Cannot use a job database of version 7: expected 1",
  );
});

Deno.test("JobStore knows the highest number that an object has", async () => {
  await using directory = await temporaryDirectory();
  await using store = new JobStore({ dataDirectory: directory.path });
  const { id } = store.create({ pipelineId: "yolo_only", fileName: "a.mp4", fileBytes: 1 });
  store.updateStatus(id, "processing");
  expect(store.highestTrack(id)).toBe(0);
  const results = frameResults(0, 3).map((result, index) => {
    const track_id = [4, 11, 2][index] ?? 0;
    const dog = { label: "dog", class_id: 16, confidence: 0.9, track_id };
    return { ...result, result: emptyResult({ detections: [{ ...dog, bbox: [0, 0, 1, 1] }] }) };
  });
  store.appendResults(id, results);
  expect(store.highestTrack(id)).toBe(11);
});
