import { DatabaseSync } from "node:sqlite";
import { expect } from "expect";
import fc from "fast-check";
import { buildTimeline } from "../../lib/client/videos/video_timeline.ts";
import { type Job, makeJob, toJobView } from "../../lib/video/jobs/job.ts";
import { JobDatabase } from "../../lib/video/jobs/database/job_database.ts";
import { DATABASE_NAME } from "../../lib/video/jobs/database/open_job_storage.ts";
import { JobStore } from "../../lib/video/jobs/job_store.ts";
import { exportCsv, exportJsonl, exportPage } from "../../lib/video/results_export.ts";
import { emptyResult, frameResults, storedResults } from "./results.ts";
import { temporaryDirectory } from "./temporary_directory.ts";

const JOB = { pipelineId: "yolo_only", fileName: "walk.mp4", fileBytes: 1000 };
const PAGE = { offset: 0, limit: 1000 };

/** The tables of a job database that takes anything in its columns, as damage leaves it. */
const LOOSE_TABLES = `
  CREATE TABLE jobs (key INTEGER PRIMARY KEY AUTOINCREMENT, id UNIQUE, idle_ms INTEGER, details);
  CREATE TABLE results (job_key INTEGER, position INTEGER, frame_index INTEGER, timestamp_ms INTEGER, result,
    PRIMARY KEY (job_key, position));
  PRAGMA user_version = 2;
`;

type Value = string | number | bigint | null | Uint8Array;

function completed(id: string): Job {
  return {
    ...makeJob(id, JOB, 1000),
    status: "completed",
    startedAt: 1000,
    finishedAt: 2000,
    video: { width: 640, height: 480, frameCount: null, durationMs: 400.5 },
  };
}

/** A data directory with a database whose tables take anything. */
async function looseDirectory() {
  const directory = await temporaryDirectory();
  const database = new DatabaseSync(`${directory.path}/${DATABASE_NAME}`);
  database.exec(LOOSE_TABLES);
  return {
    path: directory.path,
    addJob(id: Value, details: Value, idleMs: Value = 0) {
      database.prepare("INSERT INTO jobs (id, idle_ms, details) VALUES (?, ?, ?)")
        .run(id, idleMs, details);
    },
    addResult(position: Value, frameIndex: Value, timestampMs: Value, result: Value) {
      database.prepare("INSERT INTO results VALUES (1, ?, ?, ?, ?)")
        .run(position, frameIndex, timestampMs, result);
    },
    async open() {
      if (database.isOpen) database.close();
      return await JobStore.open({ dataDirectory: directory.path, sweepIntervalMs: 0 });
    },
    async [Symbol.asyncDispose]() {
      if (database.isOpen) database.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** All values that a column can have, those that break naive readers among them. */
const anyValue: fc.Arbitrary<Value> = fc.oneof(
  fc.constantFrom<Value>(
    null,
    "",
    "null",
    "{}",
    "[]",
    "{",
    "-1",
    2n ** 62n,
    -(2n ** 62n),
    1e300,
    -1,
  ),
  fc.string(),
  fc.double({ noNaN: true }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.uint8Array({ maxLength: 8 }),
  fc.json(),
  fc.constant("[".repeat(100_000)),
);

/** JSON of an object in which some fields have any other values, or are missing. */
function damagedJson(whole: object): fc.Arbitrary<string> {
  const change = fc.record({
    field: fc.constantFrom(...Object.keys(whole)),
    value: fc.option(fc.jsonValue(), { nil: undefined }),
  });
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) =>
    JSON.stringify({
      ...whole,
      ...Object.fromEntries(changes.map(({ field, value }) => [field, value])),
    })
  );
}

Deno.test("a damaged record is one failed job with a reason, and the others stay as they are", async () => {
  await using directory = await looseDirectory();
  const { status: _, ...withoutStatus } = completed("");
  const damaged: [details: Value, reason: string][] = [
    ["no JSON", "it is no JSON"],
    [null, "it is not text"],
    [new Uint8Array([1, 2]), "it is not text"],
    ["[1]", "it is not an object"],
    ["null", "it is not an object"],
    [JSON.stringify({ ...completed(""), status: "paused" }), "no usable status"],
    [JSON.stringify(withoutStatus), "no usable status"],
    [
      JSON.stringify({ ...completed(""), createdAt: 1e300, progress: null }),
      "no usable progress, created_at",
    ],
    [JSON.stringify({ ...completed(""), video: { width: -1 } }), "no usable video"],
  ];
  const whole = completed(crypto.randomUUID());
  const ids = damaged.map(() => crypto.randomUUID());
  for (const [index, [details]] of damaged.entries()) directory.addJob(ids[index] ?? "", details);
  directory.addJob(whole.id, JSON.stringify(whole));
  await using store = await directory.open();
  expect(store.list().map(({ id }) => id)).toEqual([...ids, whole.id]);
  expect(store.get(whole.id)).toEqual(whole);
  for (const [index, [, reason]] of damaged.entries()) {
    expect(toJobView(store.get(ids[index] ?? ""))).toMatchObject({
      status: "failed",
      error: "job_damaged",
      detail: `The record of this job is damaged: ${reason}`,
    });
  }
  expect(store.get(ids[5] ?? "")).toMatchObject({ ...JOB, createdAt: 1000, finishedAt: 2000 });
  expect(store.statistics()).toMatchObject({ total: 10, by_status: { failed: 9, completed: 1 } });
  expect(store.health().stuck).toEqual([]);
});

Deno.test("a damaged job can be removed, whatever its id is, and a retry mends what can be mended", async () => {
  await using directory = await looseDirectory();
  const id = crypto.randomUUID();
  directory.addJob(null, "{}");
  directory.addJob("../../etc/passwd", JSON.stringify(completed("../../etc/passwd")));
  directory.addJob(id, JSON.stringify({ ...completed(id), status: "lost" }));
  {
    await using store = await directory.open();
    const jobs = store.list();
    expect(jobs.map(({ status }) => status)).toEqual(["failed", "failed", "failed"]);
    for (const job of jobs) expect(job.id).toMatch(/^[0-9a-f-]{36}$/);
    for (const job of jobs.slice(0, 2)) await store.remove(job.id);
    await store.update(id, { status: "pending" });
  }
  await using store = await directory.open();
  expect(store.list()).toEqual([
    expect.objectContaining({ ...JOB, id, status: "pending", error: null }),
  ]);
});

Deno.test("a record that says it has been idle for ages is not removed for that", async () => {
  await using directory = await looseDirectory();
  const idles: Value[] = [2n ** 62n, 1e300, -1, "long", null, new Uint8Array(1)];
  for (const idle of idles) {
    const id = crypto.randomUUID();
    directory.addJob(id, JSON.stringify(completed(id)), idle);
  }
  await using store = await directory.open();
  expect(await store.sweep()).toBe(0);
  expect(store.list()).toHaveLength(idles.length);
});

Deno.test("no damage of records keeps the store from opening and listing all jobs", async () => {
  const record = fc.oneof(anyValue, damagedJson(completed("x")), damagedJson({ progress: 1 }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(anyValue, record, anyValue), { minLength: 1, maxLength: 10 }),
      async (rows) => {
        await using directory = await looseDirectory();
        for (const [index, [id, details, idle]] of rows.entries()) {
          directory.addJob(index % 2 === 0 ? crypto.randomUUID() : `${index} ${id}`, details, idle);
        }
        await using store = await directory.open();
        const views = store.list().map(toJobView);
        expect(views).toHaveLength(rows.length);
        expect(views.every(({ status, detail }) => status !== "failed" || detail !== null)).toBe(
          true,
        );
        store.statistics();
        store.health();
        for (const { job_id } of views) await store.remove(job_id);
        expect(store.list()).toEqual([]);
      },
    ),
    { numRuns: 15 },
  );
});

Deno.test("damaged records of version 1 are failed jobs too", async () => {
  await using directory = await temporaryDirectory();
  const old = new DatabaseSync(`${directory.path}/${DATABASE_NAME}`);
  old.exec(`
    CREATE TABLE jobs (id TEXT PRIMARY KEY, status TEXT NOT NULL, created_at INTEGER NOT NULL,
      last_accessed INTEGER NOT NULL, finished_at INTEGER, details TEXT NOT NULL) STRICT;
    CREATE TABLE results (job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
      frame_index INTEGER NOT NULL, timestamp_ms INTEGER NOT NULL, result TEXT NOT NULL,
      PRIMARY KEY (job_id, frame_index)) STRICT, WITHOUT ROWID;
    PRAGMA user_version = 1;
  `);
  const insert = old.prepare("INSERT INTO jobs VALUES (?, 'completed', 1000, 0, 2000, ?)");
  const whole = completed(crypto.randomUUID());
  insert.run(whole.id, JSON.stringify(whole));
  insert.run(crypto.randomUUID(), "{");
  insert.run(crypto.randomUUID(), "5");
  old.close();
  await using store = await JobStore.open({ dataDirectory: directory.path, sweepIntervalMs: 0 });
  expect(store.list().map(({ status }) => status).toSorted())
    .toEqual(["completed", "failed", "failed"]);
  expect(store.get(whole.id)).toEqual(whole);
});

/** A completed job with ten results, of which those at some places are replaced. */
async function withResults(
  replace: Record<number, [frameIndex: Value, timestampMs: Value, result: Value]>,
) {
  const directory = await looseDirectory();
  const job = completed(crypto.randomUUID());
  directory.addJob(job.id, JSON.stringify(job));
  for (const [place, { frame_index, timestamp_ms, result }] of frameResults(0, 10).entries()) {
    const row = replace[place] ?? [frame_index, timestamp_ms, JSON.stringify(result)];
    directory.addResult(place, ...row);
  }
  const store = await directory.open();
  return {
    store,
    id: job.id,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

Deno.test("a damaged result is told as lost, and the others are as they were", async () => {
  const { detections: _, ...incomplete } = emptyResult();
  await using opened = await withResults({
    2: [2, 80, "no JSON"],
    4: [4, 160, null],
    5: [2n ** 62n, 200, JSON.stringify(emptyResult())],
    7: [7, "soon", JSON.stringify(incomplete)],
    9: [null, null, "{}"],
  });
  const { store, id } = opened;
  const lost = [2, 4, 5, 7, 9];
  const none = { ...emptyResult(), image: { width: 0, height: 0 } };
  const expected = frameResults(0, 10).map((each, place) => {
    if (!lost.includes(place)) return each;
    const { timings_ms: _, models: __, ...result } = none;
    return { ...each, result: expect.objectContaining(result), damaged: true };
  });
  const results = await storedResults(store, id);
  expect(results.map(({ frame_index }) => frame_index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(results.map((each, place) => ({ ...each, timestamp_ms: place * 40 }))).toEqual(expected);
  const times = results.map(({ timestamp_ms }) => timestamp_ms);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  const page = await new Response(await exportPage(store, id, PAGE)).json();
  expect(page).toMatchObject({ total: 10, results });
  const csv = await new Response(await exportCsv(store, id)).text();
  expect(csv.trimEnd().split("\r\n").slice(1))
    .toEqual(lost.map((place) => `${place},${times[place]},damaged${",".repeat(11)}`));
  expect(await store.results.highestTrack(id)).toBe(0);
  expect(buildTimeline(results, { minimumConfidence: 0 })).toEqual([]);
});

Deno.test("the highest track is found beside damaged results", async () => {
  const dog = { label: "dog", class_id: 16, confidence: 0.9, bbox: [0, 0, 1, 1] };
  const tracked = (...trackIds: unknown[]) =>
    JSON.stringify({ detections: trackIds.map((track_id) => ({ ...dog, track_id })) });
  await using opened = await withResults({
    1: [1, 40, tracked(3, 7)],
    2: [2, 80, tracked("99", 1e300, null)],
    3: [3, 120, '{"detections":["}",5,null]}'],
    4: [4, 160, '{"detections":7}'],
    5: [5, 200, "{"],
    6: [6, 240, tracked(5)],
  });
  expect(await opened.store.results.highestTrack(opened.id)).toBe(7);
});

Deno.test("no damage of results keeps any of them from being read, each once", async () => {
  const row = fc.tuple(
    fc.oneof(fc.constant(3), anyValue),
    fc.oneof(fc.constant(120), anyValue),
    fc.oneof(anyValue, damagedJson(emptyResult())),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.oneof(fc.constant(null), anyValue), row), {
        minLength: 1,
        maxLength: 6,
      }),
      async (damaged) => {
        await using directory = await looseDirectory();
        const job = completed(crypto.randomUUID());
        directory.addJob(job.id, JSON.stringify(job));
        let rows = 3;
        for (const { frame_index, timestamp_ms, result } of frameResults(0, 3)) {
          directory.addResult(frame_index, frame_index, timestamp_ms, JSON.stringify(result));
        }
        for (const [position, columns] of damaged) {
          try {
            directory.addResult(position ?? rows, ...columns);
            rows++;
          } catch {
            // There is one of this position.
          }
        }
        await using store = await directory.open();
        const results = await storedResults(store, job.id);
        expect(results).toHaveLength(rows);
        expect(await new Response(await exportJsonl(store, job.id)).text()).toMatch(/\n$/);
        const whole = results.filter(({ damaged }) => !damaged);
        expect(whole.length).toBeGreaterThanOrEqual(3);
        let seen = 0;
        for (let offset = 0; offset < rows; offset += 2) {
          const page = await new Response(await exportPage(store, job.id, { offset, limit: 2 }))
            .json();
          expect(page.total).toBe(rows);
          seen += page.results.length;
        }
        expect(seen).toBe(rows);
        buildTimeline(results, { minimumConfidence: 0.25 });
        await new Response(await exportCsv(store, job.id)).text();
        expect(await store.results.highestTrack(job.id)).toBeGreaterThanOrEqual(0);
        const { count, nextFrame } = await store.results.count(job.id);
        expect([count, Number.isSafeInteger(nextFrame) && nextFrame >= 0]).toEqual([rows, true]);
      },
    ),
    { numRuns: 15 },
  );
});

Deno.test("results follow those with damaged places, and purging ends whatever is damaged", async () => {
  await using directory = await looseDirectory();
  const job = { ...completed(crypto.randomUUID()), status: "processing", finishedAt: null };
  directory.addJob(job.id, JSON.stringify(job));
  for (const [place, { frame_index, timestamp_ms, result }] of frameResults(0, 5).entries()) {
    directory.addResult(
      place < 3 ? place : place * 10,
      frame_index,
      timestamp_ms,
      JSON.stringify(result),
    );
  }
  {
    await using store = await directory.open();
    expect(await store.results.count(job.id)).toEqual({ count: 5, nextFrame: 5 });
    await store.appendResults(job.id, frameResults(5, 8));
    expect(await storedResults(store, job.id)).toEqual(frameResults(0, 8));
  }
  using database = new DatabaseSync(`${directory.path}/${DATABASE_NAME}`);
  database.prepare("INSERT INTO results VALUES (?, ?, 0, 0, '')").run(2n ** 62n, -(2n ** 63n));
  database.prepare("INSERT INTO results VALUES (?, ?, 0, 0, '')").run(2n ** 62n, 2n ** 63n - 1n);
  database.prepare("INSERT INTO results VALUES (?, ?, 0, 0, '')").run("nobody's", null);
  database.close();
  const opened = new JobDatabase(`${directory.path}/${DATABASE_NAME}`);
  try {
    let steps = 0;
    while (opened.purge()) expect(++steps).toBeLessThan(20);
    expect(opened.countResults(job.id).count).toBe(8);
  } finally {
    opened.close();
  }
  using after = new DatabaseSync(`${directory.path}/${DATABASE_NAME}`);
  expect(after.prepare("SELECT count(*) AS count FROM results").get()).toMatchObject({ count: 8 });
});
