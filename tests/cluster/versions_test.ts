import { expect } from "expect";
import { LoadClient } from "../../bench/load_client.ts";
import {
  type ServerProcess,
  type ServerProgram,
  startServerProcess,
  thisProjectAsWorker,
} from "../../bench/server_process.ts";
import project from "../../deno.json" with { type: "json" };
import { copyProject } from "../copy_project.ts";
import { isMissing } from "../needs.ts";
import { ensureModel, MODEL_DIR } from "../pipeline/models.ts";
import { readFixture } from "../read_fixture.ts";
import { startNats, until } from "./nats_server.ts";

const OTHER_VERSION = "99.0.0";
const ENVIRONMENT = { PIPELINE_DEVICE: "cpu", PIPELINE_WORKERS: "1", PIPELINE_THREADS: "1" };

/** A copy of this project of another version, as a worker. */
async function otherVersion(root: URL): Promise<ServerProgram> {
  const settings = new URL("deno.json", root);
  const text = await Deno.readTextFile(settings);
  await Deno.writeTextFile(settings, text.replace(`"${project.version}"`, `"${OTHER_VERSION}"`));
  const { command, args } = thisProjectAsWorker();
  const main = new URL("main.ts", root).pathname;
  return { command, args: args.map((arg) => arg.endsWith("/main.ts") ? main : arg) };
}

async function clusterOf({ url }: ServerProcess) {
  return (await (await fetch(`${url}health`)).json()).cluster;
}

/** What a process has said of a node, once it has. */
async function heard({ log }: ServerProcess, pattern: RegExp): Promise<unknown> {
  await until(() => log.some(({ message }) => pattern.test(String(message))));
  return log.find(({ message }) => pattern.test(String(message)));
}

Deno.test({
  name:
    "a worker of another version gets no frame and says why, and clients of the old ones notice nothing",
  ignore: isMissing("nats"),
  async fn() {
    await ensureModel();
    const dog = await readFixture("dog.jpg");
    await using copy = await copyProject();
    const program = await otherVersion(copy.root);
    await using nats = await startNats();
    const environment = { ...ENVIRONMENT, NATS_URL: nats.url, MODEL_DIR };
    await using old = await startServerProcess(environment, thisProjectAsWorker());
    await using gateway = await startServerProcess({ ...environment, PIPELINE_WORKERS: "0" });
    await until(async () => (await clusterOf(gateway)).nodes.length === 1);

    const client = await LoadClient.connect(gateway.url);
    let isOver = false;
    const answers: Record<string, unknown>[] = [];
    const streaming = (async () => {
      while (!isOver) answers.push(await client.ask(dog));
    })();
    {
      await using other = await startServerProcess(environment, program);
      const difference = (theirs: string, own: string) =>
        new RegExp(
          `has version ${theirs} and this one ${own}, so neither computes for the other`
            .replaceAll(".", "\\."),
        );
      for (const process of [gateway, old]) {
        expect(await heard(process, difference(OTHER_VERSION, project.version)))
          .toMatchObject({ level: "warning", event: "cluster_node", version: OTHER_VERSION });
      }
      await heard(other, difference(project.version, OTHER_VERSION));
      const { nodes, problems } = await clusterOf(gateway);
      expect(nodes.map(({ equal }: { equal: boolean }) => equal).toSorted()).toEqual([false, true]);
      expect(problems).toEqual([expect.stringMatching(difference(OTHER_VERSION, project.version))]);
      const before = answers.length;
      await until(() => answers.length > before + 5);
      isOver = true;
      await streaming;
      expect(answers.filter((answer) => !("result" in answer))).toEqual([]);
      // With nobody else there it is asked no more than before.
      await old.stop();
      expect(await client.ask(dog)).toMatchObject({ dropped: true });
      expect(await other.stop()).toBe(0);
    }
    await client.close();
  },
});
