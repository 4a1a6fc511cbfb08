import { pathToFileURL } from "node:url";
import { type Build, contentTypeOf, hashOf } from "./build.ts";
import { type BuildCache, registerIslands, type ServedFile } from "./build_cache.ts";
import { setBuildId } from "./build_id.ts";

/** Imports what a build serves; its static files are read whenever they are asked for. */
export async function loadBuild(build: Build): Promise<BuildCache> {
  setBuildId(build.id);
  const importAll = <File extends { path: string }>(files: File[]) =>
    Promise.all(files.map(async (file) => ({
      ...file,
      module: await import(pathToFileURL(file.path).href),
    })));
  return {
    islands: registerIslands(await importAll(build.islands)),
    clientEntry: build.clientEntry,
    routes: await importAll(build.routes),
    async findFile(pathname): Promise<ServedFile | undefined> {
      const path = build.staticFiles.get(pathname);
      const content = path === undefined ? build.modules.get(pathname) : await Deno.readFile(path);
      if (content === undefined) return undefined;
      return { content, contentType: contentTypeOf(pathname), hash: await hashOf(content) };
    },
  };
}
