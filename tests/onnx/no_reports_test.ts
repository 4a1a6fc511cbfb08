import { expect } from "expect";
import { projectFiles } from "../project_files.ts";
import { runMain } from "../commands/run_main.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";

const ROOT = new URL("../../", import.meta.url);
const DOG = new URL("tests/fixtures/dog.jpg", ROOT).pathname;

/** Paths of all files below a folder. */
async function filesBelow(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    paths.push(...isDirectory ? await filesBelow(path) : [path]);
  }
  return paths;
}

async function findCache(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

/** Looks at an image with another home, and returns the files that onnxruntime has left there. */
async function traces(switches: readonly string[]): Promise<string[]> {
  await using home = await temporaryDirectory();
  const { code } = await runMain(["detect", "--pipeline", "yolo_only", DOG], {
    // Where it runs for CI, onnxruntime reports nothing anyway.
    prefix: ["env", "-u", "CI", "-u", "XDG_CACHE_HOME", ...switches],
    environment: { HOME: home.path, DENO_DIR: await findCache() },
  });
  expect(code).toBe(0);
  return (await filesBelow(home.path)).filter((path) => path.includes("onnxruntime"));
}

Deno.test({
  name: "onnxruntime leaves no identity of the machine, and so reports nothing to its maker",
  ignore: Deno.build.os !== "linux",
  async fn() {
    expect(await traces(["-u", "ORT_DISABLE_TELEMETRY"])).toEqual([]);
    // It would otherwise, or this test would see nothing.
    expect((await traces(["ORT_DISABLE_TELEMETRY=0"])).length).toBeGreaterThan(0);
  },
});

Deno.test("onnxruntime is imported only where its reports are switched off", async () => {
  const importing: string[] = [];
  for (const file of projectFiles(/\.ts$/)) {
    const text = await Deno.readTextFile(new URL(file, ROOT));
    if (/(?:from|import)[ (]"onnxruntime-node"/.test(text)) importing.push(file);
  }
  expect(importing).toEqual(["lib/onnx/onnxruntime.ts"]);
});
