/** What a store of jobs does, wherever it keeps them. */

import { expect } from "expect";
import { JobCapacityError, JobNotFoundError, JobStateError } from "../../../lib/video/errors.ts";
import type { Job, JobStatus } from "../../../lib/video/jobs/job.ts";
import type { JobChanges } from "../../../lib/video/jobs/job_changes.ts";
import type { JobStoreLimits } from "../../../lib/video/jobs/job_limits.ts";
import type { OpenJobStorage } from "../../../lib/video/jobs/job_storage.ts";
import { JobStore } from "../../../lib/video/jobs/job_store.ts";
import { updateJobs } from "../../../lib/video/jobs/update_jobs.ts";
import { emptyResult, frameResults, storedResults } from "../results.ts";
import { temporaryDirectory } from "../temporary_directory.ts";

const HOUR_MS = 3_600_000;
const NEW_JOB = { pipelineId: "yolo_only", fileName: "walk.mp4", fileBytes: 1000 };

/** Where the jobs of one test are kept, beside its directory. */
export interface TestBackend extends AsyncDisposable {
  /** Opens it, and again after each shutdown; what is in the directory unless given. */
  openStorage?: OpenJobStorage;
}

/** A store that a test can open again, and whose clocks it sets. */
export interface TestStore extends AsyncDisposable {
  readonly store: JobStore;
  clock: { now: number; uptime: number; advance(milliseconds: number): void };
  /** Shuts the store down and opens it again. */
  restart(): Promise<JobStore>;
}

/** A store in a directory of its own, with clocks that stand still until they are set. */
export async function openTestStore(
  limits: Partial<JobStoreLimits> = {},
  makeBackend: () => Promise<TestBackend> = () =>
    Promise.resolve({ async [Symbol.asyncDispose]() {} }),
): Promise<TestStore> {
  const directory = await temporaryDirectory();
  const backend = await makeBackend();
  const clock = {
    now: Date.UTC(2026, 0, 1),
    uptime: 1000,
    advance(milliseconds: number) {
      clock.now += milliseconds;
      clock.uptime += milliseconds;
    },
  };
  const clocks = { now: () => clock.now, uptime: () => clock.uptime };
  const options = { dataDirectory: directory.path, clocks, sweepIntervalMs: 0, limits };
  const open = () => JobStore.open(options, backend.openStorage);
  let store = await open();
  return {
    get store() {
      return store;
    },
    clock,
    async restart() {
      await store.shutdown(5000);
      return store = await open();
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await backend[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Brings a new job to a status. */
async function createIn(store: JobStore, status: JobStatus): Promise<Job> {
  const { id } = await store.create(NEW_JOB);
  if (status === "pending") return store.get(id);
  if (status !== "cancelled") await store.updateStatus(id, "processing");
  return status === "processing" ? store.get(id) : await store.updateStatus(id, status);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** What the tests of a kind of store need. */
export interface SuiteOptions {
  /** What it is called in the names of the tests. */
  name: string;
  /** Makes a place for the jobs of one test; the directory of the test unless given. */
  makeBackend?: () => Promise<TestBackend>;
  /** Whether what it needs is missing. */
  ignore?: boolean;
}

/** Defines the tests for a kind of store. */
export function testJobStore({ name, makeBackend, ignore = false }: SuiteOptions): void {
  const openStore = (limits?: Partial<JobStoreLimits>) => openTestStore(limits, makeBackend);
  const test = (title: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${name}: ${title}`, ignore, fn });

  test("creates a pending job with all it was given", async () => {
    await using opened = await openStore();
    const { store, clock } = opened;
    const job = await store.create({ ...NEW_JOB, frameStride: 3, maxFrames: 50 });
    expect(store.get(job.id)).toEqual({
      id: job.id,
      pipelineId: "yolo_only",
      status: "pending",
      progress: { currentStep: 0, totalSteps: 0, description: "Waiting" },
      createdAt: clock.now,
      updatedAt: clock.now,
      startedAt: null,
      finishedAt: null,
      error: null,
      fileName: "walk.mp4",
      fileBytes: 1000,
      frameStride: 3,
      maxFrames: 50,
      rules: [],
      video: null,
    });
  });

  test("gives copies", async () => {
    await using opened = await openStore();
    const { store } = opened;
    const { id } = await store.create(NEW_JOB);
    for (const job of [store.get(id), ...store.list()]) {
      job.progress.currentStep = 99;
      job.status = "failed";
    }
    expect(store.get(id)).toMatchObject({ status: "pending", progress: { currentStep: 0 } });
  });

  test("knows nothing of an unknown job", async () => {
    await using opened = await openStore();
    const { store } = opened;
    const long = "x".repeat(1000);
    const calls: (() => unknown)[] = [
      () => store.get(long),
      () => store.updateStatus(long, "processing"),
      () => store.updateProgress(long, {}),
      () => store.appendResults(long, []),
      () => store.results.read(long, { offset: 0, limit: 1 }, { type: "json" }),
      () => store.results.count(long),
      () => store.results.highestTrack(long),
      () => store.remove(long),
    ];
    for (const call of calls) {
      const error = await Promise.try(call).catch((error) => error);
      expect(error).toBeInstanceOf(JobNotFoundError);
      expect(error).toMatchObject({ message: `There is no job ${"x".repeat(64)}` });
    }
  });

  test("allows exactly the legal changes of status", async () => {
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
        const { id } = await createIn(store, from);
        if (legal[from].includes(to)) {
          expect((await store.updateStatus(id, to)).status).toBe(to);
        } else {
          await expect(store.updateStatus(id, to)).rejects.toThrow(JobStateError);
          expect(store.get(id).status).toBe(from);
        }
      }
    }
  });

  test("notes when a job started, ended and why it failed, until a retry", async () => {
    await using opened = await openStore();
    const { store, clock } = opened;
    const { id } = await store.create(NEW_JOB);
    clock.advance(1000);
    const startedAt = clock.now;
    await store.updateStatus(id, "processing");
    clock.advance(1000);
    const finishedAt = clock.now;
    const error = { code: "decode_failed", detail: "The file has no video track" } as const;
    await store.updateStatus(id, "failed", error);
    expect(store.get(id)).toMatchObject({ startedAt, finishedAt, error, updatedAt: finishedAt });
    await store.updateStatus(id, "pending");
    expect(store.get(id)).toMatchObject({ startedAt, finishedAt: null, error: null });
  });

  test("changes several fields at once or none", async () => {
    await using opened = await openStore();
    const { store } = opened;
    const { id } = await store.create(NEW_JOB);
    const video = { width: 640, height: 480, frameCount: 30, durationMs: 1200 };
    const progress = { totalSteps: 30, description: "Processing frames" };
    await store.update(id, { status: "processing", video, progress });
    const expected = { status: "processing", video, progress: { currentStep: 0, ...progress } };
    expect(store.get(id)).toMatchObject(expected);
    // The status cannot follow the present one, so that the progress stays as it is too.
    const changes: JobChanges = { progress: { currentStep: 5 }, status: "pending" };
    await expect(store.update(id, changes)).rejects.toThrow(JobStateError);
    expect(store.get(id)).toMatchObject(expected);
  });

  test("refuses changes of unknown fields and of other types", async () => {
    await using opened = await openStore();
    const { store } = opened;
    const { id } = await store.create(NEW_JOB);
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
      await expect(store.update(id, changes as JobChanges)).rejects.toThrow(new TypeError(message));
    }
    expect(store.list()).toEqual(before);
  });

  test("tells how many of several changes succeeded", async () => {
    await using opened = await openStore();
    const { store } = opened;
    const [first, second] = [await createIn(store, "pending"), await createIn(store, "completed")];
    const { succeeded, failures } = await updateJobs(store, [
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

  test("takes progress and results only while a job is being processed", async () => {
    await using opened = await openStore();
    const { store } = opened;
    for (const status of ["pending", "completed", "failed", "cancelled"] as const) {
      const { id } = await createIn(store, status);
      await expect(store.updateProgress(id, { currentStep: 1 })).rejects.toThrow(JobStateError);
      await expect(store.appendResults(id, frameResults(0, 1))).rejects.toThrow(JobStateError);
      expect((await store.results.count(id)).count).toBe(0);
    }
    const { id } = await createIn(store, "processing");
    const { progress } = await store.updateProgress(id, { currentStep: 1, totalSteps: 9 });
    expect(progress).toMatchObject({ currentStep: 1, totalSteps: 9 });
  });

  test("stores results and progress together or not at all", async () => {
    await using opened = await openStore();
    const { store } = opened;
    const { id } = await createIn(store, "processing");
    await store.appendResults(id, frameResults(0, 10), { currentStep: 10 });
    for (
      const results of [frameResults(9, 20), [...frameResults(12, 14), ...frameResults(10, 11)]]
    ) {
      const appended = store.appendResults(id, results, { currentStep: 20 });
      await expect(appended).rejects.toThrow(JobStateError);
    }
    expect(store.get(id).progress.currentStep).toBe(10);
    const again = await opened.restart();
    expect(await again.results.count(id)).toEqual({ count: 10, nextFrame: 10 });
    expect(again.get(id).progress.currentStep).toBe(10);
    expect(await storedResults(again, id)).toEqual(frameResults(0, 10));
  });

  test("makes changes one after another, whoever asks for them meanwhile", async () => {
    await using opened = await openStore();
    const { store } = opened;
    const { id } = await createIn(store, "processing");
    const outcomes = await Promise.allSettled([
      store.appendResults(id, frameResults(0, 5), { currentStep: 5 }),
      store.updateStatus(id, "cancelled"),
      store.appendResults(id, frameResults(5, 9), { currentStep: 9 }),
      store.updateStatus(id, "completed"),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
      "rejected",
      "rejected",
    ]);
    expect(store.get(id)).toMatchObject({ status: "cancelled", progress: { currentStep: 5 } });
    expect(await storedResults(store, id)).toEqual(frameResults(0, 5));
  });

  test("reads results from any place, in pieces that are not too large", async () => {
    await using opened = await openStore();
    const { store } = opened;
    const { id } = await createIn(store, "processing");
    const other = await createIn(store, "processing");
    const strided = frameResults(0, 20).map((result) => ({
      ...result,
      frame_index: result.frame_index * 3,
    }));
    await store.appendResults(id, strided);
    await store.appendResults(other.id, frameResults(0, 20));
    const read = async (offset: number, limit: number) => {
      const { bytes, count } = await store.results.read(id, { offset, limit }, { type: "json" });
      const results = JSON.parse(`[${new TextDecoder().decode(bytes)}]`);
      expect(results.length).toBe(count);
      return results;
    };
    expect(await read(8, 4)).toEqual(strided.slice(8, 12));
    expect(await read(18, 50)).toEqual(strided.slice(18));
    expect(await read(20, 1)).toEqual([]);
    const large = emptyResult({ text: "x".repeat(100_000) });
    const results = frameResults(60, 70).map((result) => ({ ...result, result: large }));
    await store.appendResults(id, results);
    expect((await read(20, 10)).length).toBe(1);
  });

  test("makes room by removing the finished job that ended first", async () => {
    await using opened = await openStore({ capacity: 3 });
    const { store, clock } = opened;
    const waiting = (await store.create(NEW_JOB)).id;
    const first = (await store.create(NEW_JOB)).id;
    const second = (await store.create(NEW_JOB)).id;
    clock.advance(1000);
    await store.updateStatus(second, "cancelled");
    clock.advance(1000);
    await store.updateStatus(first, "cancelled");
    await Deno.writeTextFile(store.files.path(second), "video");
    const created = (await store.create(NEW_JOB)).id;
    expect(store.list().map(({ id }) => id).sort()).toEqual([waiting, first, created].sort());
    expect(await exists(store.files.path(second))).toBe(false);
  });

  test("refuses a job when none that it has is finished", async () => {
    await using opened = await openStore({ capacity: 2 });
    const { store } = opened;
    await createIn(store, "pending");
    await createIn(store, "processing");
    expect(() => store.reserve()).toThrow(JobCapacityError);
    await expect(store.create(NEW_JOB)).rejects.toThrow("The server is at its limit of 2 jobs");
    expect(store.list().length).toBe(2);
  });

  test("has room for 100 jobs", async () => {
    await using opened = await openStore();
    for (let count = 0; count < 100; count++) await opened.store.create(NEW_JOB);
    await expect(opened.store.create(NEW_JOB)).rejects.toThrow(JobCapacityError);
  });

  test("sweeps jobs that nobody has looked at for long enough", async () => {
    await using opened = await openStore();
    const { store, clock } = opened;
    const ids: Partial<Record<JobStatus, string>> = {};
    for (const status of ["pending", "processing", "completed", "failed", "cancelled"] as const) {
      ids[status] = (await createIn(store, status)).id;
    }
    const left = () =>
      store.list().map(({ id }) => Object.entries(ids).find((entry) => entry[1] === id)?.[0]);
    await Deno.writeTextFile(store.files.path(`${ids.failed}`), "video");
    clock.advance(HOUR_MS - 1);
    expect(await store.sweep()).toBe(0);
    clock.advance(1);
    expect(await store.sweep()).toBe(1);
    expect(left()).toEqual(["pending", "processing", "completed", "cancelled"]);
    clock.advance(5 * HOUR_MS);
    await store.sweep();
    expect(left()).toEqual(["pending", "processing", "cancelled"]);
    store.get(`${ids.cancelled}`);
    clock.advance(18 * HOUR_MS);
    await store.sweep();
    expect(left()).toEqual(["cancelled"]);
    expect(await exists(store.files.path(`${ids.failed}`))).toBe(false);
  });

  test("removes a job with its results and its file", async () => {
    await using opened = await openStore();
    const { store } = opened;
    const { id } = await createIn(store, "processing");
    await store.appendResults(id, frameResults(0, 3));
    await Deno.writeTextFile(store.files.path(id), "video");
    await store.remove(id);
    expect(() => store.get(id)).toThrow(JobNotFoundError);
    expect(await exists(store.files.path(id))).toBe(false);
  });

  test("tells figures about its jobs", async () => {
    await using opened = await openStore({ capacity: 8 });
    const { store, clock } = opened;
    expect(store.statistics()).toMatchObject({ total: 0, utilisation: 0, average_age_s: null });
    for (const hours of [20, 4, 0]) {
      await createIn(store, hours === 4 ? "failed" : "processing");
      clock.advance(hours * HOUR_MS);
    }
    await createIn(store, "pending");
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

  test("health follows how full it is", async () => {
    await using opened = await openStore({ capacity: 10 });
    const statuses: string[] = [];
    for (let count = 0; count < 10; count++) {
      await opened.store.create(NEW_JOB);
      statuses.push(opened.store.health().status);
    }
    expect(statuses).toEqual([
      ...Array(6).fill("healthy"),
      ...Array(2).fill("warning"),
      ...Array(2).fill("critical"),
    ]);
  });

  test("health names jobs that do not get on, whoever looks at them", async () => {
    await using opened = await openStore();
    const { store, clock } = opened;
    const stuck = (await createIn(store, "processing")).id;
    const busy = (await createIn(store, "processing")).id;
    await createIn(store, "pending");
    clock.advance(HOUR_MS / 2 - 1);
    await store.updateProgress(busy, { currentStep: 1 });
    expect(store.health().stuck).toEqual([]);
    store.get(stuck);
    clock.advance(1);
    expect(store.health().stuck).toEqual([stuck]);
  });

  test("calls back at every event until told to stop", async () => {
    await using opened = await openStore();
    const { store } = opened;
    const seen: string[] = [];
    const stops = (["created", "status", "progress", "removed"] as const).map((event) =>
      store.on(event, ({ status, progress }) => {
        seen.push(`${event} ${status} ${progress.currentStep}`);
      })
    );
    const { id } = await createIn(store, "processing");
    await store.appendResults(id, frameResults(0, 2), { currentStep: 2 });
    await store.updateStatus(id, "completed");
    await store.remove(id);
    const expected = [
      "created pending 0",
      "status processing 0",
      "progress processing 2",
      "status completed 2",
      "removed completed 2",
    ];
    expect(seen).toEqual(expected);
    for (const stop of stops) stop();
    await store.create(NEW_JOB);
    expect(seen).toEqual(expected);
  });

  test("keeps callbacks that fail or meddle away from others and from the job", async () => {
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
    const { id } = await createIn(store, "processing");
    expect(seen).toEqual(["processing"]);
    expect(store.get(id).status).toBe("processing");
  });

  test("takes new limits at once, and refuses bad ones", async () => {
    await using opened = await openStore();
    const { store, clock } = opened;
    const waiting = (await createIn(store, "pending")).id;
    const first = (await createIn(store, "failed")).id;
    const second = (await createIn(store, "completed")).id;
    for (const capacity of [0, -1, 1.5, NaN]) {
      await expect(store.reconfigure({ capacity })).rejects.toThrow(RangeError);
    }
    const unknown = { size: 1 } as unknown as { capacity: number };
    await expect(store.reconfigure(unknown)).rejects.toThrow(TypeError);
    await store.reconfigure({ capacity: 2 });
    expect(store.list().map(({ id }) => id)).toEqual([waiting, second]);
    expect(() => store.get(first)).toThrow(JobNotFoundError);
    clock.advance(5000);
    await store.reconfigure({ completedExpiryMs: 5000 });
    expect(store.list().map(({ id }) => id)).toEqual([waiting]);
  });

  test("waits for callbacks at shutdown, but not for ever", async () => {
    await using opened = await openStore();
    const { store } = opened;
    const slow = Promise.withResolvers<void>();
    store.on("created", () => slow.promise);
    await store.create(NEW_JOB);
    const waiting = store.shutdown(10_000);
    slow.resolve();
    expect(await waiting).toBe(true);

    await using stuck = await openStore();
    stuck.store.on("created", () => new Promise(() => {}));
    await stuck.store.create(NEW_JOB);
    expect(await stuck.store.shutdown(10)).toBe(false);
  });

  test("refuses everything after its shutdown", async () => {
    await using opened = await openStore();
    const { store } = opened;
    const { id } = await store.create(NEW_JOB);
    await store.shutdown(1000);
    const calls: (() => unknown)[] = [
      () => store.get(id),
      () => store.list(),
      () => store.create(NEW_JOB),
      () => store.updateStatus(id, "processing"),
      () => store.results.count(id),
    ];
    for (const call of calls) {
      await expect(Promise.try(call)).rejects.toThrow("The job store is shut down");
    }
    expect(await store.shutdown(1000)).toBe(true);
  });

  test("knows the highest number that an object has", async () => {
    await using opened = await openStore();
    const { store } = opened;
    const { id } = await store.create(NEW_JOB);
    await store.updateStatus(id, "processing");
    expect(await store.results.highestTrack(id)).toBe(0);
    const results = frameResults(0, 3).map((result, index) => {
      const track_id = [4, 11, 2][index] ?? 0;
      const dog = { label: "dog", class_id: 16, confidence: 0.9, track_id };
      return { ...result, result: emptyResult({ detections: [{ ...dog, bbox: [0, 0, 1, 1] }] }) };
    });
    await store.appendResults(id, results);
    expect(await store.results.highestTrack(id)).toBe(11);
  });

  test("places that are taken at once cost no finished job while there is room", async () => {
    await using opened = await openStore({ capacity: 3 });
    const { store } = opened;
    const { id } = await store.create(NEW_JOB);
    await store.updateStatus(id, "cancelled");
    const places = [store.reserve(), store.reserve()];
    await Promise.all(places.map((place) => store.create(NEW_JOB, place)));
    expect(store.list().map((each) => each.id)).toEqual([id, ...places.map((place) => place.id)]);
  });
}
