import { expect } from "expect";
import { describeInterface } from "../../lib/http/openapi.ts";
import { EXAMPLES } from "../../lib/http/openapi_examples.ts";
import type { SchemaName } from "../../lib/http/openapi_schemas.ts";
import type { OperationObject } from "../../lib/reference/open_api_document.ts";
import { DOG, DOG_VIDEO } from "../client_package/built_client.ts";
import { isMissing, pythonWithWebSockets } from "../needs.ts";
import { projectFiles } from "../project_files.ts";
import { differences } from "../protocol/described.ts";
import { type CodeBlock, codeBlocksOf } from "../routes/reference_page.ts";
import { startTestServer } from "../routes/test_server.ts";

const TOKEN = "open-sesame";
const TIMEOUT_MS = 240_000;

/** What the programs print of the dog. */
const DOG_LINE = /dog\.jpg dog 0\.\d+ \[/;

/** Calls that the page shows, in an order in which each finds what it needs, and what they print. */
const CALLS: readonly [part: string, output: RegExp][] = [
  ["get-health", /^\{"status":/],
  ["get-pipelines-id", /"id":"yolo_only"/],
  ["post-pipelines-validate", /\{"valid":true,/],
  ["post-pipelines-id-run", /"label":"dog"/],
  ["post-camera", /"id":"door"/],
  ["patch-camera-id", /"name":"Back door"/],
  ["post-camera-id-stop", /"forced":"off"/],
  ["delete-camera-id", /^$/],
  ["post-video-submit", /"job_id"/],
  ["delete-video-jobs", /"removed":0/],
  ["delete-video-id", /"error":"job_not_found"/],
];

Deno.test("the examples of the OpenAPI document are as their schemas say", () => {
  expect(Object.keys(EXAMPLES).length).toBeGreaterThan(10);
  for (const [name, example] of Object.entries(EXAMPLES)) {
    expect([name, differences(name as SchemaName, example)]).toEqual([name, []]);
  }
  expect(differences("Ping", { type: "pong" })).not.toEqual([]);
});

Deno.test("the OpenAPI document has every reason with which a WebSocket is closed", async () => {
  const operations = Object.values(describeInterface("0").paths).flatMap(Object.values);
  const documented = new Set(
    operations.flatMap((operation: OperationObject) => operation["x-websocket"]?.closes ?? [])
      .map(({ code, reason }) => `${code} ${reason}`),
  );
  const files = projectFiles(/^(?:lib|routes)\/.*\.ts$/)
    .filter((path) => !path.startsWith("lib/client/"));
  const sources = await Promise.all(
    files.map((path) => Deno.readTextFile(new URL(`../../${path}`, import.meta.url))),
  );
  const used = sources.join("\n").matchAll(
    /close\((1\d{3}), "(\w+)"|\{ code: (1\d{3}), reason: "(\w+)"/g,
  );
  const reasons = new Set(
    Array.from(used, ([, code, reason, ...other]) => `${code ?? other[0]} ${reason ?? other[1]}`),
  );
  expect(reasons.size).toBeGreaterThan(10);
  // What only happens in the moment in which the server stops, or when there is no job's database left to say why.
  const rare = ["1013 server_shutdown", "1011 internal_error"];
  expect([...reasons].filter((each) => !documented.has(each) && !rare.includes(each))).toEqual([]);
});

Deno.test({
  name: "programs and calls that the API reference shows work as they stand",
  async fn(t) {
    await using server = await startTestServer({ environment: { STREAM_AUTH_TOKEN: TOKEN } });
    const blocks = codeBlocksOf(await (await server.fetch("/docs")).text());
    const folder = await Deno.makeTempDir();
    await Deno.copyFile(DOG, `${folder}/dog.jpg`);
    await Deno.copyFile(DOG_VIDEO, `${folder}/walk.mp4`);
    const programs = blocks.filter(({ file }) => file !== "");
    expect(programs.map(({ file }) => file)).toEqual(["stream.py", "stream.mjs"]);
    const runProgram = async ({ file, text }: CodeBlock, command: string, ...args: string[]) => {
      await Deno.writeTextFile(`${folder}/${file}`, text.replace("TOKEN", TOKEN));
      return await run(folder, command, ...args, file, "dog.jpg", "dog.jpg");
    };
    for (const program of programs) {
      const isPython = program.file.endsWith(".py");
      const [command, ...args] = isPython
        ? [pythonWithWebSockets() ?? "python3"]
        : [Deno.execPath(), "run", "--quiet", "--no-config", "--allow-net", "--allow-read"];
      await t.step({
        name: program.file,
        ignore: isPython && isMissing("websockets"),
        fn: async () => {
          const output = await runProgram(program, command ?? "", ...args);
          expect(output.match(new RegExp(DOG_LINE, "g"))).toHaveLength(2);
          const refused = program.text.replace("TOKEN", "wrong");
          expect(await runProgram({ ...program, text: refused }, command ?? "", ...args))
            .toMatch(/error|exception/i);
        },
      });
    }
    for (const [part, expected] of CALLS) {
      const { text = "" } = blocks.findLast((block) => block.part === part) ?? {};
      await t.step({
        name: part,
        ignore: isMissing("curl"),
        fn: async () =>
          expect([text, await run(folder, "sh", "-c", text)])
            .toEqual([text, expect.stringMatching(expected)]),
      });
    }
    await Deno.remove(folder, { recursive: true });
  },
});

/** What a command prints; its errors too, if it fails. */
async function run(folder: string, command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    cwd: folder,
    env: { TOKEN },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).output();
  const [output = "", errors = ""] = [stdout, stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  );
  return success ? output : `${output}${errors}`;
}
