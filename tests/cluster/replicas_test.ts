/** Several NATS servers that form one cluster. */

import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { expect } from "expect";
import { JobStore } from "../../lib/video/jobs/job_store.ts";
import { isMissing } from "../needs.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { freePort, startNats, until } from "./nats_server.ts";
import { joinJobs } from "./shared_jobs.ts";

const ignore = isMissing("nats");
const NEW_JOB = { pipelineId: "yolo_only", fileName: "walk.mp4", fileBytes: 5 };

Deno.test({
  name: "a job has as many replicas as the records of the jobs were given",
  ignore,
  async fn() {
    const ports = [freePort(), freePort(), freePort()];
    const routes = ports.map((port) => `nats://127.0.0.1:${port}`).join();
    await using stack = new AsyncDisposableStack();
    const servers = await Promise.all(ports.map((port) =>
      startNats({
        lines: [
          `server_name: n${port}`,
          `cluster { name: c, listen: "127.0.0.1:${port}", routes: [${routes}] }`,
        ],
      })
    ));
    for (const server of servers) stack.use(server);
    const [{ url } = { url: "" }] = servers;
    const connection = await connect({ servers: url });
    stack.defer(() => connection.close());
    // They choose a leader first.
    await until(() => jetstreamManager(connection).then(() => true, () => false), 60_000);
    const jsm = await jetstreamManager(connection);
    const directory = stack.use(await temporaryDirectory());
    const open = async () => {
      const machine = stack.use(await joinJobs(url, "replicas"));
      await until(() => machine.jobs.isOpen, 60_000);
      return stack.use(
        await JobStore.open({ dataDirectory: directory.path }, machine.jobs.openStorage),
      );
    };
    const submit = async (store: JobStore) => {
      using place = store.reserve();
      await Deno.writeTextFile(store.files.path(place.id), "video");
      await store.files.keep(place.id);
      const { id } = await store.create(NEW_JOB, place);
      const { config } = await jsm.streams.info(`OBJ_livesyte_replicas_${id}`);
      return config.num_replicas;
    };
    const store = await open();
    expect(await submit(store)).toBe(1);
    const records = "KV_livesyte_replicas_jobs";
    await jsm.streams.update(records, { num_replicas: 3 });
    await until(async () => {
      const { cluster } = await jsm.streams.info(records);
      return cluster?.leader !== undefined &&
        (cluster.replicas?.every(({ current }) => current) ?? false);
    }, 60_000);
    // While a leader is chosen again, nothing is kept.
    await until(() => submit(store).then((replicas) => replicas === 3, () => false), 60_000);
    // It is left as it is.
    expect((await open()).list().length).toBeGreaterThan(1);
    expect((await jsm.streams.info(records)).config.num_replicas).toBe(3);
  },
});
