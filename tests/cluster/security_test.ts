import { nkeys } from "@nats-io/transport-node";
import { expect } from "expect";
import { LoadClient } from "../../bench/load_client.ts";
import { startServerProcess } from "../../bench/server_process.ts";
import { runMain } from "../commands/run_main.ts";
import { isMissing } from "../needs.ts";
import { ensureModel } from "../pipeline/models.ts";
import { readFixture } from "../read_fixture.ts";
import { isOver, send, submit, untilJob } from "../routes/video_client.ts";
import { DOG_VIDEO } from "../video/media.ts";
import { freePort, startNats, until } from "./nats_server.ts";

const ignore = isMissing("nats");
const TLS = new URL("../fixtures/tls/", import.meta.url).pathname;
const ENVIRONMENT = { PIPELINE_DEVICE: "cpu", PIPELINE_WORKERS: "1", PIPELINE_THREADS: "1" };

async function clusterOf(url: string) {
  return (await (await fetch(`${url}health`)).json()).cluster;
}

Deno.test({
  name: "NATS is reached over TLS by whoever trusts its certificate, with the seed of an NKey",
  ignore,
  async fn() {
    await ensureModel();
    const user = nkeys.createUser();
    const seed = await Deno.makeTempFile();
    await Deno.writeFile(seed, user.getSeed());
    await using nats = await startNats({
      lines: [
        "max_payload: 6MB",
        `tls { cert_file: "${TLS}server.pem", key_file: "${TLS}server.key" }`,
        `authorization { users: [{ nkey: ${user.getPublicKey()} }] }`,
      ],
    });
    const address = `localhost:${new URL(nats.url).port}`;
    const environment = { ...ENVIRONMENT, NATS_URL: `tls://${address}`, NATS_CREDS: seed };
    {
      await using server = await startServerProcess({
        ...environment,
        DENO_CERT: `${TLS}authority.pem`,
      });
      expect(await clusterOf(server.url)).toMatchObject({ connected: true, problems: [] });
    }
    {
      await using server = await startServerProcess(environment);
      const { connected, problems: [problem] } = await clusterOf(server.url);
      expect(connected).toBe(false);
      expect(problem).toMatch(/^Cannot connect to NATS at localhost:\d+: .*certificate.*DENO_CERT/);
    }
    await Deno.remove(seed);
  },
});

Deno.test({
  name: "no user, password or token of NATS is in the log or at /health",
  ignore,
  async fn() {
    await ensureModel();
    const port = freePort();
    for (const secret of ["name-a:secret-b", "token-c"]) {
      await using server = await startServerProcess({
        ...ENVIRONMENT,
        LOG_LEVEL: "debug",
        NATS_URL: `nats://${secret}@127.0.0.1:${port}`,
      });
      await until(() => server.log.some(({ event }) => event === "cluster_connection"));
      const told = JSON.stringify([server.log, await clusterOf(server.url)]);
      expect(told).toContain(`127.0.0.1:${port}`);
      expect(told).not.toMatch(/name-a|secret-b|token-c/);
    }
  },
});

Deno.test({
  name: "the subjects that docs/scaling.md names are all that livesyte needs",
  ignore,
  async fn() {
    await ensureModel();
    const subjects = ["livesyte.default.>", "_INBOX.>"];
    const buckets = ["sessions", "cameras", "leases", "jobs"];
    const stored = buckets.map((name) => `$KV.livesyte_default_${name}.>`);
    const apis = ["$JS.API.>", "$JS.ACK.>", "$JS.FC.>", "$O.>"];
    const published = [...subjects, ...apis, ...stored];
    const text = await Deno.readTextFile(new URL("../../docs/scaling.md", import.meta.url));
    for (const subject of published) {
      expect(text).toContain(`\`${subject.replace("default", "<cluster>")}\``);
    }
    const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(", ");
    const permissions = `{ publish: [${quoted(published)}], subscribe: [${quoted(subjects)}] }`;
    await using nats = await startNats({
      lines: [
        "max_payload: 6MB",
        `authorization { users: [{ user: a, password: b, permissions: ${permissions} }] }`,
      ],
    });
    const environment = { ...ENVIRONMENT, NATS_URL: nats.url.replace("//", "//a:b@") };
    await using server = await startServerProcess(environment);
    await using gateway = await startServerProcess({ ...environment, PIPELINE_WORKERS: "0" });
    await until(async () => (await clusterOf(gateway.url)).nodes.length === 1);
    const client = await LoadClient.connect(gateway.url);
    const answer = await client.ask(await readFixture("dog.jpg"));
    expect(Object.keys(answer)).toEqual(["frame_index", "result"]);
    await until(async () =>
      (await (await fetch(`${server.url}sessions`)).json()).sessions.length === 1
    );
    const id = await submit(gateway.url, new File([await Deno.readFile(DOG_VIDEO)], "dog.mp4"));
    expect(await untilJob(gateway.url, id, isOver)).toMatchObject({ status: "completed" });
    expect((await send(new URL(`/video/results/${id}`, gateway.url))).status).toBe(200);
    const camera = {
      id: "door",
      name: "Door",
      url: "file:///nowhere.mp4",
      pipeline_id: "yolo_only",
    };
    const body = JSON.stringify({ ...camera, always: true });
    await (await fetch(`${server.url}camera`, { method: "POST", body })).body?.cancel();
    await until(async () => {
      const { cameras: [door] } = await (await fetch(`${gateway.url}camera`)).json();
      return door?.last_error?.code === "not_found";
    });
    expect((await clusterOf(server.url)).problems).toEqual([]);
    await client.close();
  },
});

Deno.test("settings of a cluster that cannot work end the start with one line", async () => {
  await ensureModel();
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, "hello");
  const nats = { NATS_URL: "nats://127.0.0.1:1" };
  const cases: [args: string[], environment: Record<string, string>, expected: RegExp][] = [
    [["worker"], {}, /Cannot start a worker without NATS_URL: set it to where/],
    [
      ["worker"],
      { ...nats, PIPELINE_WORKERS: "0" },
      /Cannot start a worker with PIPELINE_WORKERS=0/,
    ],
    [["serve"], { PIPELINE_WORKERS: "0" }, /Cannot parse PIPELINE_WORKERS: expected .* NATS_URL/],
    [
      ["serve"],
      { ...nats, NATS_CREDS: "/nowhere" },
      /Cannot read NATS_CREDS: there is no such file/,
    ],
    [["worker"], { ...nats, NATS_CREDS: file }, /Cannot use NATS_CREDS: .* holds neither/],
  ];
  for (const [args, environment, expected] of cases) {
    const { code, stderr } = await runMain(args, { environment });
    expect([code, stderr.trim().split("\n").length]).toEqual([2, 1]);
    expect(stderr).toMatch(expected);
  }
  await Deno.remove(file);
});
