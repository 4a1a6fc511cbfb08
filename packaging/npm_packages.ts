/**
 * Which npm packages a program needs, and where they are.
 *
 * @module
 */

import { ROOT } from "./contents.ts";

/** A platform by Deno's names, such as `linux` and `x86_64`. */
export interface Platform {
  os: string;
  arch: string;
}

/** An npm package of a module graph. */
export interface NpmPackage {
  name: string;
  version: string;
  /** Its folder. */
  localPath: string;
}

/** What `deno info --json` tells of a module and everything that it imports. */
export interface ModuleGraph {
  modules: { kind: string; specifier: string; npmPackage?: string }[];
  npmPackages: Record<string, NpmPackage>;
}

/** Runs Deno in the project and returns what it wrote to standard output. */
export async function runDeno(args: string[], cwd: URL | string = ROOT): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd })
    .output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!success) throw new Error(`Cannot run deno ${args.join(" ")}: ${decode(stderr).trim()}`);
  return decode(stdout);
}

/** Has Deno use packages where its cache holds them, which is where `deno compile` takes them from. */
export const FROM_CACHE = "--node-modules-dir=none";

/** What a module of the project imports, with packages where Deno's cache holds them. */
export async function readModuleGraph(entry: string): Promise<ModuleGraph> {
  return JSON.parse(await runDeno(["info", FROM_CACHE, "--json", entry]));
}

/** The packages that modules import themselves, without those that only packages import. */
export async function importedPackages(entries: readonly string[]): Promise<NpmPackage[]> {
  const found = new Map<string, NpmPackage>();
  for (const entry of entries) {
    const graph = await readModuleGraph(entry);
    for (const { npmPackage = "" } of graph.modules) {
      const description = graph.npmPackages[npmPackage];
      if (description !== undefined) found.set(npmPackage, description);
    }
  }
  return [...found.values()];
}

/** The names that Node has for a platform, which packages use. */
export function nodeNames({ os, arch }: Platform): Platform {
  const systems: Record<string, string> = { windows: "win32" };
  const machines: Record<string, string> = { x86_64: "x64", aarch64: "arm64" };
  return { os: systems[os] ?? os, arch: machines[arch] ?? arch };
}

/** The folders of onnxruntime-node's libraries for platforms other than this one. */
export async function foreignRuntimes(packageDir: string, platform: Platform): Promise<string[]> {
  const { os, arch } = nodeNames(platform);
  const runtimes = `${packageDir}/bin/napi-v6`;
  const foreign: string[] = [];
  for await (const { name } of Deno.readDir(runtimes)) {
    if (name !== os) {
      foreign.push(`${runtimes}/${name}`);
      continue;
    }
    for await (const machine of Deno.readDir(`${runtimes}/${name}`)) {
      if (machine.name !== arch) foreign.push(`${runtimes}/${name}/${machine.name}`);
    }
  }
  return foreign;
}
