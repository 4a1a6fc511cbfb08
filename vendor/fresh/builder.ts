import { basename, extname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type App, type ListenOptions, setBuildCache } from "./app.ts";
import { bundleIslands } from "./bundle_islands.ts";
import { writeBuild } from "./disk_build.ts";
import { sortRouteIds } from "./file_routes.ts";
import { loadBuild } from "./memory_build.ts";
import { type Build, hashOf, listFiles } from "./build.ts";

/** Options for {@linkcode Builder}; the other paths are relative to `root`. */
export interface BuildOptions {
  /** The directory of the application. @default {Deno.cwd()} */
  root?: string;
  /** Where builds are written. @default {"_fresh"} */
  outDir?: string;
  /** The files that are served as they are. @default {"static"} */
  staticDir?: string;
  /** The components that run in the browser. @default {"islands"} */
  islandDir?: string;
  /** The pages and handlers by path. @default {"routes"} */
  routeDir?: string;
  /** The module that exports the application as `app`. @default {"main.ts"} */
  serverEntry?: string;
}

const TEST_FILE = /[._]test\.[tj]sx?$/;

/** Builds an application for production, for tests, or for development. */
export class Builder<State = unknown> {
  readonly #directories: Required<BuildOptions>;

  /** Resolves the directories; they are read only when something is built. */
  constructor(options: BuildOptions = {}) {
    const root = resolve(options.root ?? ".", Deno.cwd());
    this.#directories = {
      root,
      outDir: resolve(options.outDir ?? "_fresh", root),
      staticDir: resolve(options.staticDir ?? "static", root),
      islandDir: resolve(options.islandDir ?? "islands", root),
      routeDir: resolve(options.routeDir ?? "routes", root),
      serverEntry: resolve(options.serverEntry ?? "main.ts", root),
    };
  }

  /**
   * Builds the application, on disk or in memory.
   *
   * @returns Gives a build in memory to an application, as tests need it.
   */
  async build(
    options: {
      mode?: "development" | "production";
      snapshot?: "disk" | "memory";
    } = {},
  ): Promise<(app: App<State>) => void> {
    const build = await this.#collect(options.mode ?? "production");
    if (options.snapshot === "memory") {
      const cache = await loadBuild(build);
      return (app) => setBuildCache(app, cache, app.config.mode);
    }
    await writeBuild(build);
    return () => {
      throw new TypeError("Cannot apply a build on disk: import its server.js instead");
    };
  }

  /** Builds the application in memory and serves it for development. */
  async listen(
    importApp: () => Promise<{ app: App<State> } | App<State>>,
    options: ListenOptions = {},
  ): Promise<void> {
    const imported = await importApp();
    const app = "app" in imported ? imported.app : imported;
    setBuildCache(app, await loadBuild(await this.#collect("development")), "development");
    await app.listen(options);
  }

  async #collect(mode: "development" | "production"): Promise<Build> {
    const { islandDir, routeDir, staticDir } = this.#directories;
    const islandPaths = (await listScripts(islandDir)).map((name) => join(islandDir, name));
    const bundle = await bundleIslands(islandPaths, {
      minify: mode === "production",
    });
    const staticFiles: Build["staticFiles"] = new Map();
    for (const name of await listFiles(staticDir)) {
      const path = join(staticDir, name);
      staticFiles.set(`/${name}`, {
        path,
        hash: await hashOf(await Deno.readFile(path)),
      });
    }
    const id = await buildIdOf(bundle.modules, staticFiles);
    const routeFiles = new Map(
      (await listScripts(routeDir)).map((name) => [withoutExtension(name), join(routeDir, name)]),
    );
    const toUrl = (path: string) => `/_fresh/js/${id}/${path}`;
    return {
      directories: this.#directories,
      id,
      clientEntry: toUrl(bundle.client),
      islands: islandPaths.map((path, index) => ({
        path,
        name: basename(withoutExtension(path)).replaceAll(/\W/g, "_"),
        file: toUrl(bundle.islands[index]!),
      })),
      routes: sortRouteIds([...routeFiles.keys()])
        .map((routeId) => ({ id: routeId, path: routeFiles.get(routeId)! })),
      modules: new Map([...bundle.modules].map(([path, content]) => [toUrl(path), content])),
      staticFiles,
    };
  }
}

async function listScripts(directory: string): Promise<string[]> {
  const files = await listFiles(directory);
  return files.filter((name) => /\.[tj]sx?$/.test(name) && !TEST_FILE.test(name));
}

async function buildIdOf(
  modules: Map<string, Uint8Array<ArrayBuffer>>,
  staticFiles: Build["staticFiles"],
): Promise<string> {
  const lines = [...staticFiles].map(([pathname, { hash }]) => `${pathname} ${hash}`);
  for (const [path, content] of modules) {
    lines.push(`${path} ${await hashOf(content)}`);
  }
  return (await hashOf(new TextEncoder().encode(lines.sort().join("\n"))))
    .slice(0, 16);
}

function withoutExtension(path: string): string {
  return path.slice(0, path.length - extname(path).length);
}

function resolve(path: string, root: string): string {
  if (path.startsWith("file://")) return fileURLToPath(path);
  return isAbsolute(path) ? path : join(root, path);
}
