/**
 * A folder that holds the program and nothing else of the project, for both kinds of binary to be made of.
 *
 * @module
 */

import { type ContentsOptions, entryModules, PROJECT, projectFiles, ROOT } from "./contents.ts";
import {
  foreignRuntimes,
  importedPackages,
  nodeNames,
  type Platform,
  runDeno,
} from "./npm_packages.ts";

/** Brings FFmpeg, and is imported only by the process that reads video files. */
const VIDEO_PACKAGE = "node-av";

/** What only people and editors read; licences stay. */
const UNUSED = /\.(?:map|md|markdown|[cm]?ts)$/;
const LEGAL = /licen[cs]e|notice|copying/i;

/** Copies the program into a folder, with a `deno.json` and a `deno.lock` that name only what it imports. */
export async function copyProgram(folder: string, options: ContentsOptions): Promise<void> {
  for (const path of projectFiles(options)) {
    await copy(new URL(path, ROOT).pathname, `${folder}/${path}`);
  }
  const packages = (await importedPackages(entryModules(options)))
    .filter(({ name }) => options.video || name !== VIDEO_PACKAGE);
  const isUsed = ([, specifier]: [string, string]) =>
    specifier.startsWith("jsr:") ||
    packages.some(({ name, version }) => specifier === `npm:${name}@${version}`);
  const imports = Object.fromEntries(Object.entries(PROJECT.imports).filter(isUsed));
  const { name, version, exports, links, nodeModulesDir, compilerOptions } = PROJECT;
  await Deno.writeTextFile(
    `${folder}/deno.json`,
    JSON.stringify({
      ...{ name, version, exports, links, nodeModulesDir, imports, compilerOptions },
      // Whatever comes from JSR has to be in the folder too.
      vendor: links === undefined,
    }),
  );
  // Deno leaves out of the lock file what is not imported any more.
  await Deno.copyFile(new URL("deno.lock", ROOT), `${folder}/deno.lock`);
  await runDeno(["install", "--lockfile-only"], folder);
}

/** Puts the packages of one platform into `node_modules`, without what a running program never reads. */
export async function installPackages(folder: string, platform: Platform): Promise<void> {
  const { os, arch } = nodeNames(platform);
  await runDeno(
    ["install", "--node-modules-linker=hoisted", "--os", os, "--arch", arch],
    folder,
  );
  const modules = `${folder}/node_modules`;
  const unused = await foreignRuntimes(`${modules}/onnxruntime-node`, platform);
  // Deno itself needs glibc, so libraries for another C library never fit.
  for await (const { name } of Deno.readDir(`${modules}/@img`)) {
    if (name.includes("musl")) unused.push(`${modules}/@img/${name}`);
  }
  for (const each of unused) await Deno.remove(each, { recursive: true });
  await Deno.remove(`${modules}/.bin`, { recursive: true });
  await removeUnused(modules);
}

/** All files below a folder, sorted, with their paths relative to it. */
export async function listFiles(folder: string, prefix = ""): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(`${folder}/${prefix}`)) {
    const path = prefix + entry.name;
    if (entry.isDirectory) files.push(...await listFiles(folder, `${path}/`));
    else files.push(path);
  }
  return files.sort();
}

async function copy(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) {
    await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    return await Deno.copyFile(from, to);
  }
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) await copy(`${from}/${name}`, `${to}/${name}`);
}

async function removeUnused(folder: string): Promise<void> {
  for (const path of await listFiles(folder)) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (UNUSED.test(name) && !LEGAL.test(name)) await Deno.remove(`${folder}/${path}`);
  }
}
