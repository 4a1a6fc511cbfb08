import { dirname, extname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The modules that browsers load. */
export interface IslandBundle {
  /** The content of each module by its path, with `/` between its parts. */
  modules: Map<string, Uint8Array<ArrayBuffer>>;
  /** The path of the module that starts the islands. */
  client: string;
  /** The path of the module of each island file, in the order given. */
  islands: string[];
}

const CLIENT = new URL("./client.ts", import.meta.url).href;

/**
 * Bundles island files and the runtime that starts them in one go, so that they share one Preact.
 *
 * @param files Absolute paths of the island files.
 * @throws {TypeError} If this Deno cannot bundle.
 * @throws {Error} If an island, or what it imports, has an error.
 */
export async function bundleIslands(
  files: readonly string[],
  { minify }: { minify: boolean },
): Promise<IslandBundle> {
  if (typeof Deno.bundle !== "function") {
    throw new TypeError("Cannot bundle islands: run Deno with --unstable-bundle");
  }
  const entrypoints = [CLIENT, ...files.map((file) => pathToFileURL(file).href)];
  // Nothing is written there: it is what the paths of the result begin with.
  const outputDir = join(dirname(fileURLToPath(CLIENT)), "out");
  const result = await Deno.bundle({
    ...{ entrypoints, outputDir, minify },
    ...{
      platform: "browser",
      format: "esm",
      codeSplitting: true,
      write: false,
    },
  });
  if (!result.success) {
    throw new Error(`Cannot bundle islands: ${result.errors.map((it) => it.text).join("; ")}`);
  }
  const modules = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const { path, contents } of result.outputFiles ?? []) {
    modules.set(relative(outputDir, path).replaceAll("\\", "/"), new Uint8Array(contents ?? []));
  }
  const base = commonDirectory(entrypoints);
  const [client = "", ...islands] = entrypoints.map((entry) => moduleOf(entry.slice(base.length)));
  for (const path of [client, ...islands]) {
    if (!modules.has(path)) {
      throw new Error(`Cannot bundle islands: no module for ${path}`);
    }
  }
  return { modules, client, islands };
}

function moduleOf(path: string): string {
  return `${decodeURIComponent(path).slice(0, -extname(path).length)}.js`;
}

/** The longest prefix of all URLs that ends with a slash: the bundler keeps what follows. */
function commonDirectory(urls: readonly string[]): string {
  let directory = new URL(".", urls[0]).href;
  while (!urls.every((url) => url.startsWith(directory))) {
    directory = new URL("..", directory).href;
  }
  return directory;
}
