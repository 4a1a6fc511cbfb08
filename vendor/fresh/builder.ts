import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type App, setBuildCache } from "./app.ts";
import { collectBuild, type Directories } from "./build.ts";
import { writeBuild } from "./disk_build.ts";
import { loadBuild } from "./memory_build.ts";

/** Options for {@linkcode Builder}; `routes`, `static` and `main.ts` lie in `root` under these names. */
export interface BuildOptions {
  /** The directory of the application: a path or a `file:` URL. */
  root: string;
  /** The components that run in the browser, relative to `root`. @default {"islands"} */
  islandDir?: string;
}

/** Builds an application for production, for tests, or for development. */
export class Builder<State = unknown> {
  readonly #directories: Directories;

  /** Resolves the directories; they are read only when something is built. */
  constructor({ root, islandDir = "islands" }: BuildOptions) {
    const path = resolve(root.startsWith("file:") ? fileURLToPath(root) : root);
    this.#directories = { root: path, islands: resolve(path, islandDir) };
  }

  /**
   * Builds the application, on disk or in memory.
   *
   * @returns Gives a build in memory to an application, as tests need it.
   */
  async build(
    { snapshot = "disk" }: { snapshot?: "disk" | "memory" } = {},
  ): Promise<(app: App<State>) => void> {
    const build = await collectBuild(this.#directories, { minify: true });
    if (snapshot === "memory") {
      const cache = await loadBuild(build);
      return (app) => setBuildCache(app, cache);
    }
    await writeBuild(build);
    return () => {
      throw new TypeError("Cannot apply a build on disk: import its server.js instead");
    };
  }

  /** Builds the application in memory and serves it for development, until `options.signal` is aborted. */
  async listen(
    importApp: () => Promise<App<State>>,
    options: Deno.ServeTcpOptions,
  ): Promise<void> {
    const app = await importApp();
    setBuildCache(app, await loadBuild(await collectBuild(this.#directories, { minify: false })));
    Deno.serve(options, app.handler());
  }
}
