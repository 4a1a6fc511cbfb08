import { DatabaseSync } from "node:sqlite";
import { expect } from "expect";
import type { VideoFrameResult } from "../../../../lib/video/jobs/job.ts";
import { makeJob } from "../../../../lib/video/jobs/job.ts";
import { JobDatabase } from "../../../../lib/video/jobs/database/job_database.ts";
import { emptyResult, frameResults } from "../../results.ts";
import { temporaryDirectory } from "../../temporary_directory.ts";

const JOB = { pipelineId: "yolo_only", fileName: "walk.mp4", fileBytes: 1000 };

const FIRST = "11111111-1111-4111-8111-111111111111";
const SECOND = "22222222-2222-4222-8222-222222222222";

async function openDatabase() {
  const directory = await temporaryDirectory();
  const path = `${directory.path}/jobs.sqlite`;
  let database = new JobDatabase(path);
  return {
    get database() {
      return database;
    },
    path,
    reopen(meanwhile: (raw: DatabaseSync) => void = () => {}) {
      database.close();
      using raw = new DatabaseSync(path);
      meanwhile(raw);
      raw.close();
      database = new JobDatabase(path);
    },
    async [Symbol.asyncDispose]() {
      database.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Results of some 2 KB each. */
function largeResults(first: number, end: number): VideoFrameResult[] {
  const result = emptyResult({ text: "x".repeat(1800) });
  return frameResults(first, end).map((each) => ({ ...each, result }));
}

function addJob(database: JobDatabase, id: string, results: VideoFrameResult[]): void {
  database.write({ jobs: [makeJob(id, JOB, 1000)] });
  database.write({ results: { jobId: id, results } });
}

function readAll(database: JobDatabase, id: string): VideoFrameResult[] {
  const results: VideoFrameResult[] = [];
  for (;;) {
    const range = { offset: results.length, limit: 10_000 };
    const { bytes, count } = database.readResults(id, range, { type: "jsonl" });
    if (count === 0) return results;
    const lines = new TextDecoder().decode(bytes).split("\n").slice(0, -1);
    results.push(...lines.map((line) => JSON.parse(line)));
  }
}

Deno.test("JobDatabase makes all changes of a write or none", async () => {
  await using opened = await openDatabase();
  const { database } = opened;
  addJob(database, FIRST, frameResults(0, 3));
  const changed = { ...makeJob(FIRST, JOB, 1000), status: "processing" as const };
  const write = () =>
    database.write({
      jobs: [changed, makeJob(SECOND, JOB, 2000)],
      results: { jobId: FIRST, results: frameResults(2, 5) },
    });
  expect(write).toThrow(`Cannot add frame 2 to the results of job ${FIRST}: they go to frame 2`);
  expect(database.jobs()).toEqual([{ job: makeJob(FIRST, JOB, 1000), idleMs: 0 }]);
  expect(database.countResults(FIRST)).toEqual({ count: 3, nextFrame: 3 });
});

Deno.test("JobDatabase removes the results of a job in small steps, and shrinks", async () => {
  await using opened = await openDatabase();
  const { database, path } = opened;
  addJob(database, "kept", largeResults(0, 50));
  addJob(database, "removed", largeResults(0, 15_000));
  opened.reopen();
  const before = Deno.statSync(path).size;
  expect(before).toBeGreaterThan(30_000_000);
  opened.database.write({ remove: ["removed"] });
  let steps = 1;
  let longestLog = 0;
  for (; opened.database.purge(); steps++) {
    longestLog = Math.max(longestLog, Deno.statSync(`${path}-wal`).size);
  }
  expect(steps).toBeGreaterThan(10);
  // All in one step would take half as much room again as it frees.
  expect(longestLog).toBeLessThan(before / 4);
  expect(Deno.statSync(path).size).toBeLessThan(before / 10);
  expect(readAll(opened.database, "kept")).toEqual(largeResults(0, 50));
});

Deno.test("JobDatabase gives a job none of the results of one that had its id before", async () => {
  await using opened = await openDatabase();
  const { database } = opened;
  addJob(database, "a", frameResults(0, 1000));
  database.write({ remove: ["a"] });
  database.write({ jobs: [makeJob("a", JOB, 2000)] });
  expect(database.countResults("a")).toEqual({ count: 0, nextFrame: 0 });
  database.write({ results: { jobId: "a", results: frameResults(0, 2) } });
  while (database.purge());
  expect(readAll(database, "a")).toEqual(frameResults(0, 2));
});

Deno.test("JobDatabase goes on deleting after a crash", async () => {
  await using opened = await openDatabase();
  addJob(opened.database, "a", frameResults(0, 2000));
  opened.database.write({ remove: ["a"] });
  opened.database.purge();
  opened.reopen();
  while (opened.database.purge());
  opened.reopen((raw) => {
    expect(raw.prepare("SELECT count(*) AS count FROM results").get()).toMatchObject({ count: 0 });
  });
});

Deno.test("JobDatabase finds results as fast at the end of a job as at its start", async () => {
  await using opened = await openDatabase();
  const { database } = opened;
  addJob(database, "a", largeResults(0, 20_000));
  const measure = (offset: number) => {
    const startedAt = performance.now();
    for (let round = 0; round < 50; round++) {
      expect(database.readResults("a", { offset, limit: 5 }, { type: "json" }).count).toBe(5);
      expect(database.countResults("a").count).toBe(20_000);
    }
    return performance.now() - startedAt;
  };
  measure(10_000);
  // Counting up to there takes 50 times as long.
  expect(measure(19_900)).toBeLessThan(10 * measure(0));
});

Deno.test("JobDatabase takes over jobs and results of version 1", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/jobs.sqlite`;
  const old = new DatabaseSync(path);
  old.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE jobs (id TEXT PRIMARY KEY, status TEXT NOT NULL, created_at INTEGER NOT NULL,
      last_accessed INTEGER NOT NULL, finished_at INTEGER, details TEXT NOT NULL) STRICT;
    CREATE TABLE results (job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
      frame_index INTEGER NOT NULL, timestamp_ms INTEGER NOT NULL, result TEXT NOT NULL,
      PRIMARY KEY (job_id, frame_index)) STRICT, WITHOUT ROWID;
    PRAGMA user_version = 1;
  `);
  const jobs = [
    { ...makeJob(SECOND, JOB, 2000), status: "completed" as const, finishedAt: 3000 },
    makeJob(FIRST, { ...JOB, frameStride: 3 }, 1000),
  ];
  for (const job of jobs) {
    const { id, status, createdAt, finishedAt, ...details } = job;
    old.prepare("INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?)")
      .run(id, status, createdAt, createdAt, finishedAt, JSON.stringify(details));
    for (const { frame_index, timestamp_ms, result } of frameResults(0, 20).toReversed()) {
      old.prepare("INSERT INTO results VALUES (?, ?, ?, ?)")
        .run(id, frame_index * 3, timestamp_ms, JSON.stringify(result));
    }
  }
  old.close();
  const database = new JobDatabase(path);
  try {
    expect(database.jobs().map(({ job }) => job)).toEqual(jobs.toReversed());
    const expected = frameResults(0, 20).map((result) => ({
      ...result,
      frame_index: result.frame_index * 3,
    }));
    for (const id of [FIRST, SECOND]) {
      expect(readAll(database, id)).toEqual(expected);
      expect(database.countResults(id)).toEqual({ count: 20, nextFrame: 58 });
    }
    database.write({ remove: [FIRST, SECOND] });
    while (database.purge());
    expect(Deno.statSync(path).size).toBeLessThan(40_000);
  } finally {
    database.close();
  }
});
