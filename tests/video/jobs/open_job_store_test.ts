import { expect } from "expect";
import { JobStore } from "../../../lib/video/jobs/job_store.ts";
import { temporaryDirectory } from "../temporary_directory.ts";

const NEW_JOB = { pipelineId: "yolo_only", fileName: "walk.mp4", fileBytes: 1000 };

Deno.test("JobStore keeps a second server out of its directory", async () => {
  await using directory = await temporaryDirectory();
  const dataDirectory = directory.path;
  await using store = await JobStore.open({ dataDirectory });
  await expect(JobStore.open({ dataDirectory })).rejects.toThrow("another process uses it");
  await store.create(NEW_JOB);
});

Deno.test("JobStore waits for a server that is about to let go of its directory", async () => {
  await using directory = await temporaryDirectory();
  const dataDirectory = directory.path;
  const ending = await JobStore.open({ dataDirectory });
  const { id } = await ending.create(NEW_JOB);
  const opening = JobStore.open({ dataDirectory });
  await new Promise((resolve) => setTimeout(resolve, 300));
  await ending.shutdown(1000);
  await using store = await opening;
  expect(store.get(id)).toMatchObject({ status: "pending" });
});

Deno.test("JobStore refuses a database of a later version", async () => {
  await using directory = await temporaryDirectory();
  const dataDirectory = directory.path;
  await (await JobStore.open({ dataDirectory })).shutdown(1000);
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(`${dataDirectory}/jobs.sqlite`);
  database.exec("PRAGMA user_version = 7");
  database.close();
  await expect(JobStore.open({ dataDirectory })).rejects.toThrow(
    "Cannot use a job database of version 7: expected 2",
  );
});
