import { join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { type BuildCache, registerIslands, type ServedFile } from "./build_cache.ts";
import { setBuildId } from "./build_id.ts";
import { type Build, contentTypeOf, hashOf } from "./build.ts";

/** Imports what a build serves; its static files are read whenever they are asked for. */
export async function loadBuild(build: Build): Promise<BuildCache> {
  setBuildId(build.id);
  const importAll = <File extends { path: string }>(files: File[]) =>
    Promise.all(files.map(async (file) => ({
      ...file,
      module: await import(pathToFileURL(file.path).href),
    })));
  return {
    root: build.directories.root,
    islands: registerIslands(await importAll(build.islands)),
    clientEntry: build.clientEntry,
    routes: await importAll(build.routes),
    async findFile(pathname): Promise<ServedFile | undefined> {
      const content = build.modules.get(pathname) ??
        await readStaticFile(build.directories.staticDir, pathname);
      if (content === undefined) return undefined;
      return { content, contentType: contentTypeOf(pathname), hash: await hashOf(content) };
    },
  };
}

async function readStaticFile(
  directory: string,
  pathname: string,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const path = join(directory, pathname);
  if (/\/\.(?!well-known\/)|\0/.test(pathname) || !path.startsWith(directory + sep)) {
    return undefined;
  }
  try {
    return await Deno.readFile(path);
  } catch {
    return undefined;
  }
}
