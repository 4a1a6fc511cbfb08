import { isMissing } from "../needs.ts";
import { testJobStore } from "../video/jobs/job_store_suite.ts";
import { type NatsServer, startNats } from "./nats_server.ts";
import { joinJobs, type Machine } from "./shared_jobs.ts";

const ignore = isMissing("nats");

let nats: NatsServer;
Deno.test.beforeAll(async () => {
  if (!ignore) nats = await startNats();
});
Deno.test.afterAll(async () => {
  if (!ignore) await nats[Symbol.asyncDispose]();
});

let clusters = 0;

testJobStore({
  name: "JobStore over JetStream",
  ignore,
  makeBackend() {
    const cluster = `test-${++clusters}`;
    let machine: Machine | undefined;
    return Promise.resolve({
      async openStorage(options) {
        await machine?.[Symbol.asyncDispose]();
        machine = await joinJobs(nats.url, cluster);
        return await machine.jobs.openStorage(options);
      },
      async [Symbol.asyncDispose]() {
        await machine?.[Symbol.asyncDispose]();
      },
    });
  },
});
