import { expect } from "expect";
import { makeJob } from "../../../lib/video/jobs/job.ts";
import { type JobEvent, JobEvents } from "../../../lib/video/jobs/job_events.ts";

const NEW_JOB = { pipelineId: "yolo_only", fileName: "walk.mp4", fileBytes: 1000 };

Deno.test("JobEvents tells whoever asks for one job of that job only", () => {
  const events = new JobEvents();
  const seen: string[] = [];
  const listen = (event: JobEvent, who: string, jobId?: string) =>
    events.on(event, ({ id }) => void seen.push(`${who} ${id} ${event}`), jobId);
  listen("status", "all");
  const stop = listen("status", "first", "a");
  listen("removed", "second", "b");
  const emit = (event: JobEvent) => {
    for (const id of ["a", "b"]) events.emit(event, makeJob(id, NEW_JOB, 1000));
  };
  emit("status");
  expect(seen.splice(0)).toEqual(["all a status", "first a status", "all b status"]);
  stop();
  emit("status");
  emit("removed");
  expect(seen).toEqual(["all a status", "all b status", "second b removed"]);
});
