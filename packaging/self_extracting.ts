/**
 * An executable made of a shell script and an archive, for where `deno compile` cannot have its runtime.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { permissions } from "./contents.ts";
import { listFiles } from "./program_folder.ts";

const LAUNCHER = new URL("./launcher.sh", import.meta.url);

/**
 * Writes the executable.
 *
 * @param folder The program with its packages; the Deno that runs now and a list of checksums are added
 */
export async function writeSelfExtracting(folder: string, output: string): Promise<void> {
  await Deno.copyFile(Deno.execPath(), `${folder}/deno`);
  const files = await listFiles(folder);
  // In quotes, since xargs parts names at spaces otherwise.
  await Deno.writeTextFile(`${folder}/.files`, files.map((file) => `"${file}"\n`).join(""));
  await runShell("xargs cksum <.files >.checksums", folder);
  const launcher = await makeLauncher(await hashFiles(folder, files));
  await Deno.writeTextFile(output, launcher);
  await runShell(`tar -cf - . | gzip -6 >>"$OUTPUT"`, folder, { OUTPUT: output });
  await Deno.chmod(output, 0o755);
}

/** The shell script, which ends where the archive begins. */
async function makeLauncher(hash: string): Promise<string> {
  const script = (await Deno.readTextFile(LAUNCHER))
    .replace("@HASH@", hash)
    .replace("@PERMISSIONS@", permissions().join(" "));
  // The offset is part of the script whose length it depends on; a fixed width breaks the circle.
  const width = "@OFFSET@".length;
  return script.replace("@OFFSET@", String(script.length + 1).padEnd(width));
}

/** Names the contents, so that each version unpacks into a folder of its own. */
async function hashFiles(folder: string, files: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const file of files) hash.update(file).update(await Deno.readFile(`${folder}/${file}`));
  return hash.digest("hex").slice(0, 16);
}

async function runShell(
  script: string,
  cwd: string,
  env: Record<string, string> = {},
): Promise<void> {
  const { success, stderr } = await new Deno.Command("sh", { args: ["-c", script], cwd, env })
    .output();
  if (!success) throw new Error(`Cannot run ${script}: ${new TextDecoder().decode(stderr).trim()}`);
}
