import { expect } from "expect";
import { VERSION } from "../../packaging/contents.ts";
import { FROM_CACHE } from "../../packaging/npm_packages.ts";
import { copyProgram } from "../../packaging/program_folder.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";

interface LockFile {
  specifiers: Record<string, string>;
  npm: Record<string, unknown>;
}

async function readLock(folder: string): Promise<{ specifiers: string[]; packages: string[] }> {
  const lock: LockFile = JSON.parse(await Deno.readTextFile(`${folder}/deno.lock`));
  return { specifiers: Object.keys(lock.specifiers), packages: Object.keys(lock.npm) };
}

Deno.test("the folder of a program locks what it imports and no more, and runs from that", async () => {
  await using folder = await temporaryDirectory();
  await copyProgram(folder.path, { models: false, video: false });
  const { specifiers, packages } = await readLock(folder.path);
  const names = packages.map((id) => id.replace(/(?<=.)@.*/, ""));
  expect(names).toEqual(expect.arrayContaining(["sharp", "onnxruntime-node", "preact"]));
  for (const unused of ["node-av", "playwright-core", "expect", "ajv"]) {
    expect(names).not.toContain(unused);
  }
  expect(specifiers.length).toBeGreaterThan(10);
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--frozen", "--cached-only", FROM_CACHE, "--allow-all", "main.ts", "--version"],
    cwd: folder.path,
  }).output();
  expect([success, new TextDecoder().decode(stdout)]).toEqual([true, `${VERSION}\n`]);
});

Deno.test("a program that reads videos brings FFmpeg", async () => {
  await using folder = await temporaryDirectory();
  await copyProgram(folder.path, { models: false, video: true });
  const { specifiers } = await readLock(folder.path);
  expect(specifiers.filter((specifier) => specifier.startsWith("npm:node-av@"))).toHaveLength(1);
});
