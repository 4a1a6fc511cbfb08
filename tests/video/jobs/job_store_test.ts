import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "expect";
import { JobStore } from "../../../lib/video/jobs/job_store.ts";
import { frameResults } from "../results.ts";
import { temporaryDirectory } from "../temporary_directory.ts";
import { waitFor } from "../wait_for.ts";
import { openTestStore, testJobStore } from "./job_store_suite.ts";

const NEW_JOB = { pipelineId: "yolo_only", fileName: "walk.mp4", fileBytes: 1000 };

testJobStore({ name: "JobStore" });

Deno.test("JobStore sweeps by itself once a minute", async () => {
  const timers = FakeTimers.install({ toFake: ["setInterval", "clearInterval"] });
  try {
    await using directory = await temporaryDirectory();
    await using store = await JobStore.open({
      dataDirectory: directory.path,
      limits: { failedExpiryMs: 90_000 },
      clocks: { now: () => Date.now(), uptime: () => timers.now },
    });
    const { id } = await store.create(NEW_JOB);
    await store.updateStatus(id, "failed");
    timers.tick(60_000);
    await store.sweep();
    expect(store.list().length).toBe(1);
    timers.tick(60_000);
    await waitFor(() => store.list().length === 0);
  } finally {
    timers.uninstall();
  }
});

Deno.test("JobStore leaves files alone that are being uploaded, until they are given up", async () => {
  await using opened = await openTestStore();
  const { store } = opened;
  const place = store.reserve();
  await Deno.writeTextFile(store.files.partialPath(place.id), "video");
  await Deno.writeTextFile(store.files.path(crypto.randomUUID()), "nobody's");
  await store.sweep();
  const names = () => Array.from(Deno.readDirSync(store.files.directory), ({ name }) => name);
  expect(names()).toEqual([`${place.id}.video.part`]);
  place[Symbol.dispose]();
  await store.sweep();
  expect(names()).toEqual([]);
});

Deno.test("JobStore finds its jobs and results again, and clears files of none", async () => {
  await using directory = await temporaryDirectory();
  const dataDirectory = directory.path;
  let id: string;
  {
    await using store = await JobStore.open({ dataDirectory });
    id = (await store.create(NEW_JOB)).id;
    await store.updateStatus(id, "processing");
    await store.appendResults(id, frameResults(0, 5), { currentStep: 5 });
    const { files } = store;
    const orphan = crypto.randomUUID();
    for (const path of [files.path(id), files.path(orphan), files.partialPath(orphan)]) {
      await Deno.writeTextFile(path, "video");
    }
    await Deno.writeTextFile(`${files.directory}/notes.txt`, "not ours");
  }
  await using store = await JobStore.open({ dataDirectory });
  expect(store.get(id)).toMatchObject({ status: "processing", progress: { currentStep: 5 } });
  expect(await store.results.count(id)).toEqual({ count: 5, nextFrame: 5 });
  const names = Array.from(Deno.readDirSync(store.files.directory), ({ name }) => name);
  expect(names.sort()).toEqual([`${id}.video`, "notes.txt"].sort());
});
