import { join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { type BuildCache, registerIslands, type ServedFile } from "./build_cache.ts";
import { setBuildId } from "./build_id.ts";
import type { RouteModule } from "./file_routes.ts";
import { type Build, contentTypeOf, hashOf } from "./project_files.ts";

/** Imports the islands and routes of a build; its static files are read whenever they are asked for. */
export async function loadBuild(build: Build): Promise<BuildCache> {
  setBuildId(build.id);
  const islandModules = await Promise.all(build.islands.map(async (island) => ({
    ...island,
    module: await importFile<Record<string, unknown>>(island.path),
  })));
  const routes = await Promise.all(build.routes.map(async ({ id, path }) => ({
    id,
    module: await importFile<RouteModule>(path),
  })));
  return {
    root: build.directories.root,
    islands: registerIslands(islandModules),
    clientEntry: build.clientEntry,
    routes,
    findFile: (pathname) => findFile(build, pathname),
  };
}

function importFile<Module>(path: string): Promise<Module> {
  return import(pathToFileURL(path).href);
}

async function findFile(
  { modules, directories: { staticDir } }: Build,
  pathname: string,
): Promise<ServedFile | undefined> {
  const content = modules.get(pathname) ??
    await readStaticFile(staticDir, pathname);
  if (content === undefined) return undefined;
  return {
    content,
    contentType: contentTypeOf(pathname),
    hash: await hashOf(content),
  };
}

async function readStaticFile(
  directory: string,
  pathname: string,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const path = join(directory, pathname);
  const isHidden = /\/\.(?!well-known\/)/.test(pathname);
  if (
    isHidden || pathname.includes("\0") || !path.startsWith(directory + sep)
  ) {
    return undefined;
  }
  try {
    return (await Deno.stat(path)).isFile ? await Deno.readFile(path) : undefined;
  } catch {
    return undefined;
  }
}
