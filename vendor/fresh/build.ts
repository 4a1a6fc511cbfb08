import { readdir } from "node:fs/promises";
import { basename, extname, join, relative } from "node:path";
import { newBuildId } from "./build_id.ts";
import { bundleIslands } from "./bundle_islands.ts";
import { sortRouteIds } from "./router.ts";

/** Absolute paths of the directories of an application. */
export interface Directories {
  root: string;
  islands: string;
}

/** What was collected and bundled from the directories of an application. */
export interface Build {
  /** The directory of the application. */
  root: string;
  /** A part of the URL of everything that browsers may keep. */
  id: string;
  /** The URL path of the module that starts the islands. */
  clientEntry: string;
  /** The island files, and the URL path of the module of each. */
  islands: { path: string; name: string; file: string }[];
  /** The route files by their path in the routes directory, in the order in which they are matched. */
  routes: { id: string; path: string }[];
  /** The bundled modules by URL path. */
  modules: Map<string, Uint8Array<ArrayBuffer>>;
  /** Absolute paths of the static files by URL path. */
  staticFiles: Map<string, string>;
}

/** Collects the files of an application, and bundles its islands. */
export async function collectBuild(
  { root, islands }: Directories,
  options: { minify: boolean },
): Promise<Build> {
  const id = await newBuildId();
  const toUrl = (path: string) => `/_fresh/js/${id}/${path}`;
  const islandPaths = (await listScripts(islands)).map((name) => join(islands, name));
  const bundle = await bundleIslands(islandPaths, options);
  const routes = new Map(
    (await listScripts(join(root, "routes"))).map((name) => [withoutExtension(name), name]),
  );
  const staticNames = await listFiles(join(root, "static"));
  return {
    root,
    id,
    clientEntry: toUrl(bundle.client),
    islands: bundle.islands.map((module, index) => ({
      path: islandPaths[index]!,
      name: basename(module, ".js").replaceAll(/\W/g, "_"),
      file: toUrl(module),
    })),
    routes: sortRouteIds([...routes.keys()])
      .map((routeId) => ({ id: routeId, path: join(root, "routes", routes.get(routeId)!) })),
    modules: new Map([...bundle.modules].map(([path, content]) => [toUrl(path), content])),
    staticFiles: new Map(staticNames.map((name) => [`/${name}`, join(root, "static", name)])),
  };
}

/** Lists the files below a directory, sorted, relative to it and with `/` between the parts, without hidden ones. */
async function listFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
    .catch((error) => error.code === "ENOENT" ? [] : Promise.reject(error));
  return entries.filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => slashed(relative(directory, join(parentPath, name))))
    .filter((path) => !/(?:^|\/)\./.test(path))
    .sort();
}

async function listScripts(directory: string): Promise<string[]> {
  const files = await listFiles(directory);
  return files.filter((name) => /\.[tj]sx?$/.test(name) && !/[._]test\.[tj]sx?$/.test(name));
}

function withoutExtension(path: string): string {
  return path.slice(0, path.length - extname(path).length);
}

/** A path with `/` between its parts on every system. */
export function slashed(path: string): string {
  return path.replaceAll("\\", "/");
}

/** Hexadecimal SHA-256 of `content`. */
export async function hashOf(content: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", content)).toHex();
}

const CONTENT_TYPES: Record<string, string> = {
  ".css": "text/css; charset=UTF-8",
  ".js": "text/javascript; charset=UTF-8",
  ".json": "application/json; charset=UTF-8",
  ".png": "image/png",
  ".svg": "image/svg+xml; charset=UTF-8",
  ".webmanifest": "application/manifest+json",
};

/** The media type of a file by its extension; plain text if that is not known, as in Fresh. */
export function contentTypeOf(path: string): string {
  return CONTENT_TYPES[extname(path).toLowerCase()] ?? "text/plain; charset=UTF-8";
}
