import { join } from "node:path";
import type { ComponentType } from "preact";
import { setBuildId } from "./build_id.ts";

/** A component that runs in the browser too, and where its code is. */
export interface Island {
  /** Unique among the islands of the application. */
  name: string;
  /** The name under which its module exports it. */
  exportName: string;
  /** The URL path of its module in the browser. */
  file: string;
}

/** The islands of an application by their component. */
export type IslandRegistry = Map<ComponentType, Island>;

/** What a file of the routes directory exports; the types are checked in the file itself. */
export interface RouteModule {
  /** A page, or the app wrapper. */
  default?: unknown;
  /** Answers requests. */
  handler?: unknown;
}

/** A file of the routes directory. */
export interface RouteFile {
  /** Its path within the routes directory, without the extension: `videos/[id]`. */
  id: string;
  /** What the file exports. */
  module: RouteModule;
}

/** A file that a build serves, with its content or where that is relative to the application. */
export type ServedFile =
  & {
    contentType: string;
    /** Hexadecimal SHA-256 of the content. */
    hash: string;
  }
  & ({ content: Uint8Array<ArrayBuffer> } | { path: string });

/** What a build gives to the application. */
export interface BuildCache {
  /** The islands, by their component on the server. */
  islands: IslandRegistry;
  /** The URL path of the module that starts the islands. */
  clientEntry: string;
  /** The files of the routes directory, in the order in which they are matched. */
  routes: readonly RouteFile[];
  /** Finds what is served at a decoded URL path. */
  findFile(pathname: string): Promise<ServedFile | undefined>;
}

/** What a build writes to `snapshot.js`. */
export interface Snapshot {
  /** A part of the URL of everything that browsers may keep. */
  buildId: string;
  /** The URL path of the module that starts the islands. */
  clientEntry: string;
  /** The island files: their URL path, their name, and what they export on the server. */
  islandModules: { file: string; name: string; module: Record<string, unknown> }[];
  /** The route files by their path in the routes directory, and what they export. */
  routes: RouteFile[];
  /** Everything that is served as it is, by URL path. */
  files: Record<string, ServedFile>;
}

/** A build that was written to disk. */
export class ProdBuildCache implements BuildCache {
  readonly islands: IslandRegistry;
  readonly clientEntry: string;
  readonly routes: readonly RouteFile[];
  readonly #root: string;
  readonly #files: Map<string, ServedFile>;

  /**
   * Registers the islands, and sets the id of the build for the whole process.
   *
   * @param root The directory of the application.
   * @param snapshot What the build wrote.
   */
  constructor(root: string, snapshot: Snapshot) {
    this.#root = root;
    this.islands = registerIslands(snapshot.islandModules);
    this.clientEntry = snapshot.clientEntry;
    this.routes = snapshot.routes;
    this.#files = new Map(Object.entries(snapshot.files));
    setBuildId(snapshot.buildId);
  }

  findFile(pathname: string): Promise<ServedFile | undefined> {
    const file = this.#files.get(pathname);
    if (file === undefined || "content" in file) return Promise.resolve(file);
    return Promise.resolve({ ...file, path: join(this.#root, file.path) });
  }
}

/** The build of an application that was not built: no islands, no routes, no files. */
export const EMPTY_BUILD: BuildCache = {
  islands: new Map(),
  clientEntry: "",
  routes: [],
  findFile: () => Promise.resolve(undefined),
};

/** Registers every exported function of the given modules as an island. */
export function registerIslands(modules: Snapshot["islandModules"]): IslandRegistry {
  const registry: IslandRegistry = new Map();
  const names = new Set<string>();
  for (const { file, name: fileName, module } of modules) {
    for (const [exportName, value] of Object.entries(module)) {
      if (typeof value !== "function") continue;
      const base = exportName === "default" ? fileName : exportName;
      let name = base;
      for (let count = 1; names.has(name); count++) name = `${base}_${count}`;
      names.add(name);
      registry.set(value as ComponentType, { name, exportName, file });
    }
  }
  return registry;
}
