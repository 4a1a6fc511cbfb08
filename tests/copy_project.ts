import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { projectFiles } from "./project_files.ts";

const ROOT = new URL("../", import.meta.url);

/** A copy of the project, for tests that change its files; disposing of it removes it. */
export interface ProjectCopy extends AsyncDisposable {
  /** Its folder, as a URL that ends with a slash. */
  root: URL;
}

/** Copies the project, as somebody has it who has just fetched it, into a folder of its own; packages are shared. */
export async function copyProject(): Promise<ProjectCopy> {
  const folder = await Deno.makeTempDir({ prefix: "livesyte-" });
  for (const path of projectFiles(/./)) {
    const target = `${folder}/${path}`;
    await Deno.mkdir(dirname(target), { recursive: true });
    await Deno.copyFile(new URL(path, ROOT), target);
  }
  const packages = fileURLToPath(new URL("node_modules", ROOT));
  const hasPackages = await Deno.stat(packages).then(() => true, () => false);
  if (hasPackages) await Deno.symlink(packages, `${folder}/node_modules`);
  return {
    root: new URL(`file://${folder}/`),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
