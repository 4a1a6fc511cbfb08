/** Jobs that several machines share over a NATS of their own, for tests. */

import { ReconnectingNats } from "../../lib/cluster/nats_connection.ts";
import { SharedJobs, type SharedJobsOptions } from "../../lib/cluster/jobs/shared_jobs.ts";

/** A machine that shares jobs with others of the same cluster. */
export interface Machine extends AsyncDisposable {
  jobs: SharedJobs;
}

/** Connects a machine to the jobs of a cluster. */
export async function joinJobs(
  url: string,
  name: string,
  options: Partial<SharedJobsOptions> = {},
): Promise<Machine> {
  const jobs = new SharedJobs({
    cluster: name,
    self: crypto.randomUUID(),
    hash: "equal",
    hasPipeline: () => true,
    isComputing: () => false,
    ...options,
  });
  const nats = new ReconnectingNats({
    config: { urls: [new URL(url)], credentials: undefined, name },
    clientName: "test",
    meanwhile: "jobs wait",
    onConnect: (connection) => jobs.use(connection),
    onLost: () => jobs.disconnected(),
  });
  await nats.start();
  return {
    jobs,
    async [Symbol.asyncDispose]() {
      jobs.terminate();
      await nats.stop();
    },
  };
}
