import { expect } from "expect";
import { isMissing } from "../needs.ts";
import { startTestServer } from "../routes/test_server.ts";
import {
  type ClientFolder,
  DOG,
  DOG_VIDEO,
  expectReport,
  installClient,
  SCENARIO,
} from "./built_client.ts";

const TOKEN = "a token & more";
const TIMEOUT_MS = 240_000;

/** Runs the scenario as a program of a runtime, against a real server. */
async function runProgram(
  { command, args = [], imports }: { command: string; args?: string[]; imports: string },
): Promise<void> {
  await using folder = await installClient();
  await using server = await startTestServer({
    environment: { STREAM_AUTH_TOKEN: TOKEN, RULES_FILE: folder.rulesFile },
  });
  const main = await writeProgram(folder, imports);
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args, main, `http://${server.host}`, TOKEN, DOG, DOG_VIDEO],
    cwd: folder.path,
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).output();
  const [output = "", errors = ""] = [stdout, stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  );
  expect([code, errors]).toEqual([0, ""]);
  expectReport(JSON.parse(output));
}

async function writeProgram({ path }: ClientFolder, imports: string): Promise<string> {
  await Deno.copyFile(SCENARIO, `${path}scenario.mjs`);
  const main = `${path}main.mjs`;
  await Deno.writeTextFile(
    main,
    `import { readFile } from "node:fs/promises";
import process from "node:process";
import * as livesyte from "livesyte-client";
import { runScenario } from "./scenario.mjs";
${imports}
const [url, token, dog, video] = process.argv.slice(2);
const server = { url, token, WebSocket };

const film = new Blob([await readFile(video)]);
console.log(JSON.stringify(await runScenario(livesyte, server, await readFile(dog), film)));
`,
  );
  return main;
}

Deno.test("the client package works in Deno", async () => {
  const args = ["run", "--quiet", "--allow-all", "--no-config", "--node-modules-dir=manual"];
  const imports = "const { WebSocket } = globalThis;";
  await runProgram({ command: Deno.execPath(), args, imports });
});

Deno.test({
  name: "the client package works in Node, with the package ws",
  ignore: isMissing("node"),
  fn: () => runProgram({ command: "node", imports: `import { WebSocket } from "ws";` }),
});

Deno.test({
  name: "the client package works in Node with its own WebSocket, and says so where there is none",
  ignore: isMissing("node"),
  async fn() {
    const args = ["--no-warnings", "--experimental-websocket"];
    await runProgram({ command: "node", args, imports: "const { WebSocket } = globalThis;" });
    await using folder = await installClient();
    await Deno.writeTextFile(
      `${folder.path}main.mjs`,
      `import { Livesyte } from "livesyte-client";
delete globalThis.WebSocket;
try {
  new Livesyte("http://127.0.0.1:1").connect("yolo_only");
} catch ({ code, message }) {
  console.log(code, message);
}
`,
    );
    const { stdout } = await new Deno.Command("node", {
      args: ["main.mjs"],
      cwd: folder.path,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).output();
    expect(new TextDecoder().decode(stdout)).toMatch(/^no_web_socket .* package ws/);
  },
});
