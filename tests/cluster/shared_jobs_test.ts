import { expect } from "expect";
import { JobTakenError, StorageFullError } from "../../lib/video/errors.ts";
import type { SharedJobsOptions } from "../../lib/cluster/jobs/shared_jobs.ts";
import { isFinished, toJobView } from "../../lib/video/jobs/job.ts";
import { JobStore } from "../../lib/video/jobs/job_store.ts";
import { isMissing } from "../needs.ts";
import { emptyResult, frameResults, storedResults } from "../video/results.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { type NatsServer, startNats, until } from "./nats_server.ts";
import { joinJobs } from "./shared_jobs.ts";

const ignore = isMissing("nats");
const NEW_JOB = { pipelineId: "yolo_only", fileName: "walk.mp4", fileBytes: 1000 };

let nats: NatsServer;
Deno.test.beforeAll(async () => {
  if (!ignore) nats = await startNats();
});
Deno.test.afterAll(async () => {
  if (!ignore) await nats[Symbol.asyncDispose]();
});

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

/** Several machines that share jobs. */
async function openMachines(...machines: Partial<SharedJobsOptions>[]) {
  const directory = await temporaryDirectory();
  const cluster = `test-${crypto.randomUUID().slice(0, 8)}`;
  const opened = await Promise.all(machines.map(async (options) => {
    const machine = await joinJobs(nats.url, cluster, options);
    const limits = { capacity: 1000 };
    const storeOptions = { dataDirectory: directory.path, limits, sweepIntervalMs: 0 };
    const store = await JobStore.open(storeOptions, machine.jobs.openStorage);
    return { ...machine, store, queue: machine.jobs.queue };
  }));
  return {
    machines: opened,
    directory: directory.path,
    async [Symbol.asyncDispose]() {
      for (const { store } of opened) await store[Symbol.asyncDispose]();
      for (const machine of opened) await machine[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

Deno.test({
  name: "machines that change the same jobs at once agree in the end, and each change is made once",
  ignore,
  async fn() {
    await using opened = await openMachines({}, {}, {});
    const [first] = opened.machines;
    const ids = await Promise.all(
      [1, 2, 3, 4].map(async () => (await first?.store.create(NEW_JOB))?.id ?? ""),
    );
    for (const { store } of opened.machines) {
      await until(() => ids.every((id) => store.list().some((job) => job.id === id)));
    }
    const ended: Record<string, number> = {};
    await Promise.all(opened.machines.flatMap(({ store }) =>
      ids.flatMap((id) => {
        const changes = ["processing", "cancelled", "completed", "failed"] as const;
        return changes.map(async (status) => {
          try {
            await store.updateStatus(id, status);
            if (isFinished(status)) ended[id] = (ended[id] ?? 0) + 1;
          } catch (error) {
            expect(error).toMatchObject({ name: "JobStateError" });
          }
        });
      })
    ));
    expect(Object.values(ended)).toEqual([1, 1, 1, 1]);
    const known = (store?: JobStore) =>
      JSON.stringify(store?.list().sort((a, b) => a.id < b.id ? -1 : 1).map(toJobView));
    await until(() => opened.machines.every(({ store }) => known(store) === known(first?.store)));
  },
});

Deno.test({
  name:
    "results that two machines add at once are all there once, whatever others change meanwhile",
  ignore,
  async fn() {
    await using opened = await openMachines({}, {}, {});
    const [first, second, third] = opened.machines.map(({ store }) => store) as [
      JobStore,
      JobStore,
      JobStore,
    ];
    const { id } = await first.create(NEW_JOB);
    await first.updateStatus(id, "processing");
    await until(() =>
      [second, third].every((store) => store.list({ status: "processing" }).length === 1)
    );
    let isOver = false;
    const meddling = (async () => {
      for (let count = 0; !isOver; count++) {
        await third.update(id, { progress: { description: `${count}` } });
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
    })();
    const all = frameResults(0, 120);
    let taken = 0;
    const adding = Promise.all([[first, 3], [second, 5]].map(async ([store, size]) => {
      const mine = store as JobStore;
      for (;;) {
        const { nextFrame } = await mine.results.count(id);
        const results = all.slice(nextFrame, nextFrame + Number(size));
        if (results.length === 0) return;
        try {
          await mine.appendResults(id, results, { currentStep: nextFrame + results.length });
        } catch (error) {
          if (!(error instanceof JobTakenError)) throw error;
          taken++;
        }
      }
    }));
    await adding.finally(() => isOver = true);
    await meddling;
    // They did get in each other's way.
    expect(taken).toBeGreaterThan(0);
    for (const store of [first, second, third]) {
      expect(await storedResults(store, id)).toEqual(all);
    }
  },
});

Deno.test({
  name: "a machine with other models leaves jobs to equal ones, and runs them where there are none",
  ignore,
  async fn() {
    let isEqualThere = true;
    await using opened = await openMachines(
      { hash: "other", isComputing: () => isEqualThere },
      { hash: "equal" },
      { hash: "equal", hasPipeline: () => false },
    );
    const [other, equal, without] = opened.machines;
    const { id } = await equal?.store.create(NEW_JOB) ?? {};
    const stopping = new AbortController();
    const wrong = other?.queue.next(stopping.signal);
    const neither = without?.queue.next(stopping.signal);
    const claim = await equal?.queue.next(stopping.signal);
    expect(claim?.job.id).toBe(id);
    await claim?.release();
    isEqualThere = false;
    // It was given back, and nobody else asks.
    expect((await wrong)?.job.id).toBe(id);
    stopping.abort();
    expect(await neither).toBeUndefined();
  },
});

Deno.test({
  name:
    "a job with many results gets more room for them, until NATS has none; nothing is lost then",
  ignore,
  async fn() {
    // Room for the records, for one job, and for a second part of its results.
    await using small = await startNats({ maxStorage: "52MB" });
    await using directory = await temporaryDirectory();
    await using machine = await joinJobs(small.url, "small");
    const options = { dataDirectory: directory.path };
    await using store = await JobStore.open(options, machine.jobs.openStorage);
    const { id } = await store.create(NEW_JOB);
    await store.updateStatus(id, "processing");
    const large = emptyResult({ text: "x".repeat(1_000_000) });
    const append = (frame: number) => {
      const results = frameResults(frame, frame + 1).map((each) => ({ ...each, result: large }));
      return store.appendResults(id, results, { currentStep: frame + 1 });
    };
    let stored = 0;
    const error = await (async () => {
      for (; stored < 100; stored++) await append(stored);
    })().catch((error) => error);
    expect(error).toBeInstanceOf(StorageFullError);
    // More than 16 MB, and less than 48.
    expect([stored > 25, stored < 40]).toEqual([true, true]);
    expect(await store.results.count(id)).toEqual({ count: stored, nextFrame: stored });
    expect(store.get(id).progress.currentStep).toBe(stored);
    await store.updateStatus(id, "cancelled");
    await store.remove(id);
    const next = await store.create(NEW_JOB);
    await store.updateStatus(next.id, "processing");
    await store.appendResults(next.id, frameResults(0, 10));
    expect(await storedResults(store, next.id)).toEqual(frameResults(0, 10));
  },
});

Deno.test({
  name: "a job does not expire on one machine while somebody looks at it on another",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    await using here = await joinJobs(nats.url, "expiry");
    await using there = await joinJobs(nats.url, "expiry");
    const limits = { failedExpiryMs: 100_000 };
    const options = { dataDirectory: directory.path, limits, sweepIntervalMs: 0 };
    let ahead = 0;
    const clocks = { now: () => Date.now(), uptime: () => performance.now() + ahead };
    await using looking = await JobStore.open(options, here.jobs.openStorage);
    await using store = await JobStore.open({ ...options, clocks }, there.jobs.openStorage);
    const seen = await looking.create(NEW_JOB);
    const other = await looking.create(NEW_JOB);
    for (const { id } of [seen, other]) await looking.updateStatus(id, "failed");
    await until(() => store.list({ status: "failed" }).length === 2);
    // What is seen again at once is not told.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    ahead = 60_000;
    looking.get(seen.id);
    await looking.sweep();
    // So that what was told has been heard.
    await looking.updateStatus((await looking.create(NEW_JOB)).id, "cancelled");
    await until(() => store.list({ status: "cancelled" }).length === 1);
    ahead = 110_000;
    expect(await store.sweep()).toBe(1);
    expect(store.list({ status: "failed" }).map(({ id }) => id)).toEqual([seen.id]);
    ahead = 170_000;
    expect(await store.sweep()).toBe(1);
  },
});

Deno.test({
  name: "copies of a process that was killed are removed by the next one, and those of others stay",
  ignore,
  async fn() {
    await using opened = await openMachines({}, {});
    const copies = `${opened.directory}/copies`;
    const abandoned = `${copies}/${crypto.randomUUID()}`;
    await Deno.mkdir(abandoned);
    await Deno.writeTextFile(`${abandoned}/lock`, "1\n");
    await Deno.writeTextFile(`${abandoned}/${crypto.randomUUID()}.video`, "video");
    await using machine = await joinJobs(nats.url, "another");
    const options = { dataDirectory: opened.directory };
    await using store = await JobStore.open(options, machine.jobs.openStorage);
    const kept = [...opened.machines.map((each) => each.store), store].map(({ files }) =>
      files.directory
    );
    const left = Array.from(Deno.readDirSync(copies), ({ name }) => `${copies}/${name}`);
    expect(left.sort()).toEqual(kept.sort());
  },
});

Deno.test({
  name: "a video is fetched where it is needed, once, and taken away when nobody needs it",
  ignore,
  async fn() {
    await using opened = await openMachines({}, {});
    const [here, there] = opened.machines.map(({ store }) => store) as [JobStore, JobStore];
    using place = here.reserve();
    const video = crypto.getRandomValues(new Uint8Array(60_000));
    // Some 23 messages, more than are on their way at once.
    using file = await Deno.open(here.files.path(place.id), { write: true, create: true });
    for (let part = 0; part < 200; part++) await file.write(video);
    await here.files.keep(place.id);
    const { id } = await here.create(NEW_JOB, place);
    await there.lookFor(id);
    expect(await here.files.elsewhere(id)).toBeUndefined();
    const elsewhere = await there.files.elsewhere(id);
    const whole = await Deno.readFile(here.files.path(id));
    expect(elsewhere?.size).toBe(whole.length);
    // Within a message, over the edge of two, over many, to the end, and none.
    const parts = [[0, 1], [524_287, 524_289], [1_000_000, 4_000_000], [11_999_999, 12_000_000]];
    for (const [start = 0, end = 0] of [...parts, [0, whole.length], [5, 5]]) {
      const part = await new Response(elsewhere?.read(start, end)).bytes();
      expect([start, end, isEqual(part, whole.subarray(start, end))]).toEqual([start, end, true]);
    }
    expect(await Deno.stat(there.files.path(id)).then(() => true, () => false)).toBe(false);
    const users = await Promise.all([there.files.open(id), there.files.open(id)]);
    const paths = new Set(users.map(({ path }) => path));
    expect([...paths]).toEqual([there.files.path(id)]);
    const [kept, fetched] = await Promise.all(
      [here, there].map(async ({ files }) =>
        new Uint8Array(await crypto.subtle.digest("SHA-256", await Deno.readFile(files.path(id))))
          .toHex()
      ),
    );
    expect(fetched).toBe(kept);
    expect((await Deno.stat(there.files.path(id))).size).toBe(12_000_000);
    for (const user of users) user[Symbol.dispose]();
    await here.remove(id);
    await until(() => there.list().length === 0);
    await until(async () => !await Deno.stat(there.files.path(id)).then(() => true, () => false));
    await expect(there.files.open(id)).rejects.toThrow("not in the object store of NATS any more");
  },
});

Deno.test({
  name: "a job does not expire early where clocks differ by ten minutes",
  ignore,
  async fn() {
    await using opened = await openMachines({}, {});
    const [here, there] = opened.machines.map(({ store }) => store) as [JobStore, JobStore];
    there.reconfigure({ anyExpiryMs: 60_000 });
    const { now } = Date;
    // Both are ahead of NATS.
    Date.now = () => now() + 600_000;
    try {
      const { id } = await here.create(NEW_JOB);
      await here.updateStatus(id, "processing");
      await until(() => there.list({ status: "processing" }).length === 1);
      expect(await there.sweep()).toBe(0);
      expect(there.list().map((job) => job.id)).toEqual([id]);
    } finally {
      Date.now = now;
    }
  },
});
