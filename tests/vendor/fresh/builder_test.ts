import { expect } from "expect";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Builder } from "../../../vendor/fresh/dev.ts";

/** A small application in a directory of its own; disposing of it removes the directory. */
async function makeApplication(island: string): Promise<AsyncDisposable & { root: string }> {
  const root = await Deno.makeTempDir();
  await Deno.mkdir(join(root, "islands"));
  await Deno.writeTextFile(join(root, "islands/island.ts"), island);
  return { root, [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
}

/** Builds with this name of the deployment; gives the built files with their content. */
async function build(root: string, deployment: string): Promise<Map<string, string>> {
  const output = join(root, "_fresh");
  await rm(output, { recursive: true, force: true });
  Deno.env.set("DENO_DEPLOYMENT_ID", deployment);
  try {
    await new Builder({ root }).build();
  } finally {
    Deno.env.delete("DENO_DEPLOYMENT_ID");
  }
  const files = new Map<string, string>();
  for (const entry of await readdir(output, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files.set(path, await Deno.readTextFile(path));
  }
  return files;
}

Deno.test("a build of the same sources under the same name is the same", async () => {
  await using application = await makeApplication("export const island = () => null;");
  const first = await build(application.root, "one");
  expect(first.size).toBeGreaterThan(3);
  expect(await build(application.root, "one")).toEqual(first);
  const other = await build(application.root, "two");
  expect([...other.keys()]).not.toEqual([...first.keys()]);
});

Deno.test("an island that cannot be bundled fails the build with the reason", async () => {
  await using application = await makeApplication('import "./missing.ts";');
  const building = new Builder({ root: application.root }).build({ snapshot: "memory" });
  await expect(building).rejects.toThrow(/missing\.ts/);
});
