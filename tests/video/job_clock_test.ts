import { expect } from "expect";
import type { JobStoreLimits } from "../../lib/video/jobs/job_limits.ts";
import { JobStore } from "../../lib/video/jobs/job_store.ts";
import { temporaryDirectory } from "./temporary_directory.ts";

const MINUTE_MS = 60_000;
const YEAR_MS = 365 * 24 * 60 * MINUTE_MS;
const NEW_JOB = { pipelineId: "yolo_only", fileName: "walk.mp4", fileBytes: 1000 };

/** A store whose clock on the wall can be set while time goes by. */
async function openStore(limits: Partial<JobStoreLimits> = {}) {
  const directory = await temporaryDirectory();
  const time = { wall: Date.UTC(2026, 0, 1), uptime: 1000 };
  const clocks = { now: () => time.wall, uptime: () => time.uptime };
  const options = { dataDirectory: directory.path, clocks, sweepIntervalMs: 0, limits };
  let store = await JobStore.open(options);
  return {
    get store() {
      return store;
    },
    setClock(by: number) {
      time.wall += by;
    },
    pass(milliseconds: number) {
      time.wall += milliseconds;
      time.uptime += milliseconds;
    },
    async addFailed(): Promise<string> {
      const { id } = await store.create(NEW_JOB);
      await store.updateStatus(id, "failed");
      return id;
    },
    /** Another run of the server, whose uptime begins anew. */
    async restart({ crash = false } = {}) {
      if (crash) await store.shutdown(0);
      else await store.shutdown(5000);
      time.uptime = 50;
      store = await JobStore.open(options);
    },
    ids(): string[] {
      return store.list().map(({ id }) => id);
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

Deno.test("a clock that is set forward expires no job", async () => {
  await using opened = await openStore();
  const id = await opened.addFailed();
  opened.setClock(YEAR_MS);
  expect(await opened.store.sweep()).toBe(0);
  opened.pass(59 * MINUTE_MS);
  expect(await opened.store.sweep()).toBe(0);
  expect(opened.ids()).toEqual([id]);
});

Deno.test("a clock that is set back keeps no job for ever", async () => {
  await using opened = await openStore();
  await opened.addFailed();
  opened.setClock(-YEAR_MS);
  opened.pass(59 * MINUTE_MS);
  expect(await opened.store.sweep()).toBe(0);
  opened.pass(MINUTE_MS);
  expect(await opened.store.sweep()).toBe(1);
});

Deno.test("expiry counts the time of all runs of the server, whatever the clock says at each start", async () => {
  for (const jump of [-YEAR_MS, 0, YEAR_MS]) {
    await using opened = await openStore();
    await opened.addFailed();
    opened.pass(40 * MINUTE_MS);
    opened.setClock(jump);
    await opened.restart();
    expect(await opened.store.sweep()).toBe(0);
    opened.pass(19 * MINUTE_MS);
    expect(await opened.store.sweep()).toBe(0);
    opened.pass(MINUTE_MS);
    expect(await opened.store.sweep()).toBe(1);
  }
});

Deno.test("a crash forgets no more than ten minutes of what counts for expiry", async () => {
  await using opened = await openStore();
  await opened.addFailed();
  for (let minute = 0; minute < 45; minute++) {
    opened.pass(MINUTE_MS);
    await opened.store.sweep();
  }
  await opened.restart({ crash: true });
  opened.pass(14 * MINUTE_MS);
  expect(await opened.store.sweep()).toBe(0);
  opened.pass(11 * MINUTE_MS);
  expect(await opened.store.sweep()).toBe(1);
});

Deno.test("the finished job that ended first makes room, whatever the clock says", async () => {
  await using opened = await openStore({ capacity: 2 });
  await opened.addFailed();
  opened.pass(1000);
  opened.setClock(-YEAR_MS);
  const second = await opened.addFailed();
  const { id } = await opened.store.create(NEW_JOB);
  expect(opened.ids()).toEqual([second, id]);
});

Deno.test("jobs stay in the order in which they were added, whatever the clock says", async () => {
  await using opened = await openStore();
  const ids: string[] = [];
  for (let count = 0; count < 3; count++) {
    ids.push((await opened.store.create(NEW_JOB)).id);
    opened.setClock(-YEAR_MS);
  }
  expect(opened.ids()).toEqual(ids);
  await opened.restart();
  expect(opened.ids()).toEqual(ids);
});

Deno.test("a clock that is set forward makes no job stuck, nor does one set back hide it", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const { id } = await store.create(NEW_JOB);
  await store.updateStatus(id, "processing");
  opened.setClock(YEAR_MS);
  expect(store.health().stuck).toEqual([]);
  opened.setClock(-2 * YEAR_MS);
  opened.pass(30 * MINUTE_MS);
  expect(store.health().stuck).toEqual([id]);
  expect(store.statistics()).toMatchObject({ oldest_age_s: 0, average_age_s: 0 });
});
