/**
 * A server that does nothing but run the jobs of a directory; tests kill it.
 *
 * Arguments: the directory, and the number of frames after which it tells so and stands still (0: never).
 */

import { JobRunner } from "../../lib/video/jobs/job_runner.ts";
import { JobStore } from "../../lib/video/jobs/job_store.ts";
import { emptyResult } from "./results.ts";

const [dataDirectory = "", pauseAfter = "0"] = Deno.args;
const store = await JobStore.open({ dataDirectory });
let frames = 0;
const runner = new JobRunner(store, {
  async runOnPixels(_pipelineId, _jobId, _frameIndex, { width, height }) {
    if (++frames === Number(pauseAfter)) {
      await say("paused\n");
      await new Promise(() => setInterval(() => {}, 1000));
    }
    return emptyResult({ image: { width, height } });
  },
}, { frameSize: () => ({ width: 64, height: 64 }), batch: { maxResults: 4 } });

async function say(text: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(text));
}

store.on("status", async ({ status }) => {
  if (status === "processing") return;
  await runner.stop();
  await store.shutdown(1000);
  await say(`${status}\n`);
  Deno.exit(0);
});
runner.start();
