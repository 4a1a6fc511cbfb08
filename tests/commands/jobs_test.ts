import { expect } from "expect";
import type { FinishedStatus } from "../../lib/video/jobs/job.ts";
import { startTestServer } from "../routes/test_server.ts";
import { RESULT } from "../streaming/simulated_stream.ts";
import { type Ended, runMain } from "./run_main.ts";

const processor = { isValidPipeline: () => true, runOnFrame: () => Promise.resolve(RESULT) };
const NEW_JOB = { pipelineId: "yolo_only", fileName: "walk.mp4", fileBytes: 5 };

/** A server with finished jobs of these statuses and one that waits. */
async function serverWith(
  statuses: readonly FinishedStatus[],
  environment: Record<string, string> = {},
) {
  const server = await startTestServer({ processor, environment });
  const { store } = await server.services.videos.open();
  await store.create(NEW_JOB);
  for (const status of statuses) {
    const { id } = await store.create(NEW_JOB);
    await store.updateStatus(id, "processing");
    await store.updateStatus(id, status);
  }
  return { ...server, store };
}

function clear(args: string[], environment: Record<string, string> = {}): Promise<Ended> {
  return runMain(["jobs", "clear", ...args], { environment });
}

function portOf({ host }: { host: string }): string {
  return new URL(`http://${host}`).port;
}

Deno.test("jobs clear removes finished jobs of the server on this machine, and says how many", async () => {
  await using server = await serverWith(["failed", "failed", "completed"]);
  const PORT = portOf(server);
  expect(await clear(["--status", "failed"], { PORT }))
    .toEqual({ code: 0, stdout: "2 jobs removed, 2 left\n", stderr: "" });
  expect(await clear(["--older-than", "0.5"], { PORT }))
    .toEqual({ code: 0, stdout: "No jobs removed, 2 left\n", stderr: "" });
  expect(await clear(["--status", "all", "--older-than", "0"], { PORT }))
    .toEqual({ code: 0, stdout: "1 job removed, 1 left\n", stderr: "" });
  expect(server.store.list().map(({ status }) => status)).toEqual(["pending"]);
});

Deno.test("jobs clear takes an address and a token, and says in one line what is wrong with them", async () => {
  await using server = await serverWith(["failed"], { STREAM_AUTH_TOKEN: "secret" });
  const url = `http://localhost:${portOf(server)}`;
  const refused = {
    code: 2,
    stdout: "",
    stderr: "livesyte: The server refused: Present the token as Authorization: Bearer <token> or " +
      "?token=<token>\n",
  };
  expect(await clear(["--status", "all", "--url", url])).toEqual(refused);
  expect(await clear(["--status", "all", "--url", url, "--token", "wrong"])).toEqual(refused);
  expect(await clear(["--status", "all", "--url", `${url}/pipelines`, "--token", "secret"]))
    .toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^livesyte: The server refused: .*\n$/),
    });
  expect(server.store.list()).toHaveLength(2);
  expect(await clear(["--status", "all", "--url", url, "--token", "secret"]))
    .toEqual({ code: 0, stdout: "1 job removed, 1 left\n", stderr: "" });
  expect(await clear(["--status", "all", "--url", url], { STREAM_AUTH_TOKEN: "secret" }))
    .toEqual({ code: 0, stdout: "No jobs removed, 1 left\n", stderr: "" });
});

Deno.test("jobs clear takes a token of any letters", async () => {
  await using server = await serverWith(["failed"], { STREAM_AUTH_TOKEN: "sécret word" });
  expect(await clear(["--status", "all", "--token", "sécret word"], { PORT: portOf(server) }))
    .toEqual({ code: 0, stdout: "1 job removed, 1 left\n", stderr: "" });
});

Deno.test("jobs clear trusts the certificate that the server on this machine has made", async () => {
  await using directory = await serverDirectory();
  const environment = { TLS: "self-signed", DATA_DIR: directory.path };
  await using server = await serverWith(["failed"], environment);
  const PORT = portOf(server);
  expect(await clear(["--status", "failed"], { ...environment, PORT }))
    .toEqual({ code: 0, stdout: "1 job removed, 1 left\n", stderr: "" });
  const url = `https://localhost:${PORT}`;
  expect(await clear(["--status", "all", "--url", url])).toEqual({
    code: 2,
    stdout: "",
    stderr:
      `livesyte: Cannot reach ${url}: its certificate is not trusted; name the server as its ` +
      "certificate does, or the certificate in DENO_CERT\n",
  });
});

async function serverDirectory() {
  const path = await Deno.makeTempDir({ prefix: "livesyte-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

Deno.test("jobs clear says in one line what it cannot do", async () => {
  // Nothing listens there any more.
  const unused = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const PORT = String((unused.addr as Deno.NetAddr).port);
  unused.close();
  const statuses = "completed, failed, cancelled, all";
  const cases: [args: string[], stderr: string, environment?: Record<string, string>][] = [
    [["jobs"], 'Nothing to do: see "jobs --help"'],
    [["jobs", "purge"], 'Unknown jobs command: see "jobs --help"'],
    [["jobs", "clear"], `Say which jobs: --status (${statuses}), --older-than HOURS, or both`],
    [
      ["jobs", "clear", "--status", "processing"],
      `Cannot use --status "processing": expected one of ${statuses}`,
    ],
    [
      ["jobs", "clear", "--older-than", "1d"],
      'Cannot use --older-than "1d": expected a number of hours',
    ],
    [["jobs", "clear", "--all"], "Unknown option '--all'; see \"jobs --help\""],
    [
      ["jobs", "clear", "--status", "all", "--url", "localhost:8000"],
      'Cannot use --url "localhost:8000": expected an address such as http://127.0.0.1:8000/',
    ],
    [
      ["jobs", "clear", "--status", "all"],
      "Cannot know the server's port where PORT is 0: use --url",
    ],
    [
      ["jobs", "clear", "--status", "all"],
      `Cannot reach http://127.0.0.1:${PORT}: no server answers there; start it, or name another ` +
      "with --url",
      { PORT },
    ],
  ];
  for (const [args, stderr, environment = {}] of cases) {
    expect(await runMain(args, { environment }))
      .toEqual({ code: 2, stdout: "", stderr: `livesyte: ${stderr}\n` });
  }
  const { code, stdout } = await runMain(["jobs", "--help"]);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^Usage: livesyte jobs clear /)]);
});

Deno.test("jobs clear understands only livesyte", async () => {
  const answers = { "/a/": "<html>", "/b/": "{}", "/c/": "null" };
  await using other = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    ({ url }) => {
      const { pathname } = new URL(url);
      if (pathname.startsWith("/moved")) return Response.redirect("http://example.com/");
      const [, answer] = Object.entries(answers).find(([path]) => pathname.startsWith(path)) ?? [];
      return new Response(answer ?? "no", { status: answer === undefined ? 404 : 200 });
    },
  );
  const origin = `http://127.0.0.1:${other.addr.port}`;
  const say = async (path: string) =>
    (await clear(["--status", "failed", "--url", origin + path])).stderr;
  for (const path of Object.keys(answers)) {
    expect(await say(path))
      .toBe(
        `livesyte: Cannot understand the answer of ${origin}${path}: is it a livesyte server?\n`,
      );
  }
  expect(await say("/d")).toBe("livesyte: The server refused: status 404\n");
  expect(await say("/moved")).toBe(
    `livesyte: Cannot reach ${origin}: it sends clients elsewhere; name that address with --url\n`,
  );
});
