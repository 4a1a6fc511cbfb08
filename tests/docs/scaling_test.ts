import { expect } from "expect";
import { parse } from "yaml";
import { freePort, until } from "../cluster/nats_server.ts";
import { isMissing } from "../needs.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";

const DOCS = new URL("../../docs/", import.meta.url);
const ROOT = new URL("../../", import.meta.url).pathname;

/** A command of an operator's terminal, with all processes that it starts. */
class Terminal implements AsyncDisposable {
  output = "";
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<void>;

  constructor(command: string, environment: Record<string, string>) {
    const PATH = `${Deno.execPath().replace(/\/[^/]*$/, "")}:${Deno.env.get("PATH")}`;
    this.#child = new Deno.Command("setsid", {
      args: ["sh", "-c", command],
      cwd: ROOT,
      env: { ...environment, PATH },
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#read = this.#keep();
  }

  async #keep(): Promise<void> {
    const decoded = this.#child.stdout.pipeThrough(new TextDecoderStream());
    for await (const text of decoded) this.output += text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Deno.Command("kill", { args: ["-TERM", "--", `-${this.#child.pid}`] }).output();
    await this.#child.status;
    await this.#read;
  }
}

/** The commands of the first block of shell in docs/scaling.md. */
async function commands(): Promise<[string, string, string]> {
  const text = await Deno.readTextFile(new URL("scaling.md", DOCS));
  const [, block = ""] = /^```sh\n(.*?)^```/ms.exec(text) ?? [];
  const [nats = "", worker = "", server = "", ...others] = block.trim().split("\n");
  expect(others).toEqual([]);
  return [nats, worker, server];
}

Deno.test({
  name: "the three terminals of docs/scaling.md make a cluster without problems",
  ignore: isMissing("nats") || Deno.build.os !== "linux",
  async fn() {
    await using directory = await temporaryDirectory();
    const port = String(freePort());
    const path = `${directory.path}/nats.conf`;
    const settings = await Deno.readTextFile(new URL("nats.conf", DOCS));
    await Deno.writeTextFile(
      path,
      settings.replace("0.0.0.0:4222", `127.0.0.1:${port}`)
        .replace("/tmp/livesyte-nats", `${directory.path}/jetstream`),
    );
    const environment = {
      PORT: "0",
      LOG_FORMAT: "json",
      DATA_DIR: `${directory.path}/data`,
      PIPELINE_THREADS: "1",
      PIPELINE_DEVICE: "cpu",
    };
    const [nats, worker, server] = (await commands()).map((command) =>
      command.replace("docs/nats.conf", path).replace(":4222", `:${port}`)
    ) as [string, string, string];
    await using _nats = new Terminal(nats, {});
    await using _worker = new Terminal(worker, environment);
    await using serving = new Terminal(server, environment);
    const address = () => /"url":"(http:[^"]+)"/.exec(serving.output)?.[1];
    await until(() => address() !== undefined, 60_000);
    const ask = async (path: string) => await (await fetch(`${address()}${path}`)).json();
    await until(async () => (await ask("health")).cluster.nodes.length === 1, 60_000);
    expect(await ask("health")).toMatchObject({ status: "healthy", workers: [] });
    expect(await ask("ready")).toEqual({ status: "ready" });
  },
});

Deno.test("docs/compose.yml starts what there is, with a NATS that takes the largest frames", async () => {
  const { services, configs } = parse(await Deno.readTextFile(new URL("compose.yml", DOCS)));
  expect(Object.keys(services)).toEqual(["nats", "server", "worker", "caddy"]);
  const main = await Deno.readTextFile(new URL("../main.ts", DOCS));
  for (const name of ["server", "worker"]) {
    expect(main).toContain(`case "${services[name].command}":`);
    expect(services[name].environment.NATS_URL).toMatch(/^nats:.*@nats:4222$/);
  }
  const file = await Deno.readTextFile(new URL("nats.conf", DOCS));
  for (const settings of [configs.nats.content, file]) {
    expect(Number(/^max_payload: (\d+)MB$/m.exec(settings)?.[1])).toBeGreaterThanOrEqual(6);
    expect(settings).toMatch(/^jetstream \{/m);
  }
  // As Compose passes it on, and as Caddy reads it: the same as docs/Caddyfile, but for the names.
  const proxy = configs.caddy.content.replaceAll("$$", "$").replace("{$SITE}", "vision.example.com")
    .replace("server:8000", "127.0.0.1:8000");
  const caddyfile = await Deno.readTextFile(new URL("Caddyfile", DOCS));
  expect(caddyfile).toContain(proxy);
});
