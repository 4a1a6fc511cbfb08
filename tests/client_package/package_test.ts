import { expect } from "expect";
import jsr from "../../client/jsr.json" with { type: "json" };
import project from "../../deno.json" with { type: "json" };
import { installClient } from "./built_client.ts";

const CLIENT = new URL("../../client/", import.meta.url);

/** Runs a command of Deno, and returns whether it succeeded and what it said. */
async function runDeno(args: string[], cwd: string | URL): Promise<[boolean, string]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(240_000),
  }).output();
  return [success, [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("")];
}

Deno.test("the built package has types that find mistakes, and exports what they say", async () => {
  await using folder = await installClient();
  const check = async (use: string) => {
    const program = `import { Livesyte } from "livesyte-client";
const stream = new Livesyte("http://127.0.0.1:8000").connect("yolo_only");
for await (const { result } of stream) ${use}
`;
    await Deno.writeTextFile(`${folder.path}main.ts`, program);
    const args = ["check", "--no-config", "--node-modules-dir=manual", "main.ts"];
    return await runDeno(args, folder.path);
  };
  expect(await check("result.detections[0].bbox[3].toFixed();")).toEqual([
    true,
    expect.anything(),
  ]);
  expect(await check("result.detections[0].box;")).toEqual([
    false,
    expect.stringContaining("Property 'box' does not exist on type 'Detection'"),
  ]);
  const package_ = `${folder.path}node_modules/livesyte-client/`;
  const types = await Deno.readTextFile(`${package_}mod.d.ts`);
  const declared = types.matchAll(/^export declare \w+ (\w+)/gm);
  expect(Array.from(declared, ([, name]) => name).sort())
    .toEqual(Object.keys(await import(`file://${package_}mod.js`)).sort());
  expect(types).not.toMatch(/^import /m);
});

Deno.test("the package has the version of the server whose messages it knows", async () => {
  await using folder = await installClient();
  const path = `${folder.path}node_modules/livesyte-client/package.json`;
  const { version } = JSON.parse(await Deno.readTextFile(path));
  expect([version, jsr.version]).toEqual([project.version, project.version]);
});

Deno.test("the package can be published to JSR", async () => {
  expect(await runDeno(["publish", "--dry-run", "--allow-dirty"], CLIENT)).toEqual([
    true,
    expect.stringContaining("Simulating publish of @livesyte/client"),
  ]);
});
