/**
 * A machine that does nothing but run the jobs of a cluster; tests kill it, or ask it to stop.
 *
 * Arguments: the address of NATS, the name of the cluster, a directory, and how long each frame takes in milliseconds. It writes a
 * line when it is ready, and one for each frame.
 */

import { JobRunner } from "../../lib/video/jobs/job_runner.ts";
import { JobStore } from "../../lib/video/jobs/job_store.ts";
import { emptyResult } from "../video/results.ts";
import { joinJobs } from "./shared_jobs.ts";

const [url = "", cluster = "", dataDirectory = "", frameMs = "0"] = Deno.args;
const machine = await joinJobs(url, cluster);
const { jobs } = machine;
const store = await JobStore.open({ dataDirectory }, jobs.openStorage);
const runner = new JobRunner(store, {
  async runOnPixels(_pipelineId, _jobId, frameIndex, { width, height }) {
    await say(`${frameIndex}\n`);
    await new Promise((resolve) => setTimeout(resolve, Number(frameMs)));
    return emptyResult({ image: { width, height } });
  },
}, {
  frameSize: () => ({ width: 64, height: 64 }),
  batch: { maxResults: 4 },
  queue: jobs.queue,
});

async function say(text: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(text));
}

Deno.addSignalListener("SIGTERM", async () => {
  await runner.stop();
  await store.shutdown(5000);
  await machine[Symbol.asyncDispose]();
  Deno.exit(0);
});
runner.start();
await say("ready\n");
