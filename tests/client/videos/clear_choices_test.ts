import { expect } from "expect";
import fc from "fast-check";
import {
  CLEAR_AGES,
  CLEAR_STATUSES,
  countMeant,
  countVideos,
  firstStatus,
} from "../../../lib/client/videos/clear_choices.ts";
import type { JobStatus } from "../../../lib/protocol/job.ts";
import { readClearQuery } from "../../../lib/http/clear_query.ts";
import { makeJob, toJobView } from "../../../lib/video/jobs/job.ts";
import { JobTable } from "../../../lib/video/jobs/job_table.ts";

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 0, 1);
const NEW_JOB = { pipelineId: "yolo_only", fileName: "walk.mp4", fileBytes: 1000 };

function jobOf(status: JobStatus, hours: number) {
  const isOver = status !== "pending" && status !== "processing";
  const then = NOW - Math.round(hours * HOUR_MS);
  const job = makeJob(crypto.randomUUID(), NEW_JOB, then);
  return { ...job, status, finishedAt: isOver ? then : null };
}

Deno.test("the page counts exactly those jobs that the server would remove", () => {
  const statuses: JobStatus[] = ["pending", "processing", "completed", "failed", "cancelled"];
  const job = fc.tuple(fc.constantFrom(...statuses), fc.double({ min: -1, max: 50, noNaN: true }));
  fc.assert(fc.property(
    fc.array(job, { maxLength: 20 }),
    fc.constantFrom(...CLEAR_STATUSES),
    fc.constantFrom(...CLEAR_AGES),
    (wanted, { status }, { hours }) => {
      const jobs = wanted.map(([status, hours]) => jobOf(status, hours));
      const clocks = { now: () => NOW, uptime: () => 0 };
      const table = new JobTable(jobs.map((job) => ({ job, idleMs: 0 })), clocks);
      const query = new URLSearchParams({ status, older_than_h: String(hours) });
      expect(countMeant(jobs.map(toJobView), { status, olderThanHours: hours }, NOW))
        .toBe(table.finished(readClearQuery(query)).length);
    },
  ));
});

Deno.test("what is chosen at first is something that there is, and what is least missed", () => {
  const first = (...statuses: JobStatus[]) =>
    firstStatus(statuses.map((status) => toJobView(jobOf(status, 0))));
  expect(first("completed", "cancelled", "failed", "pending")).toBe("failed");
  expect(first("completed", "cancelled")).toBe("cancelled");
  expect(first("processing", "completed")).toBe("completed");
  expect(first("pending")).toBe("all");
  expect([countVideos(1), countVideos(3)]).toEqual(["1 video", "3 videos"]);
});
