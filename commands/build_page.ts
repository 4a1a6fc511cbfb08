/**
 * Builds the page: the islands by Fresh, and everything that browsers load packed for them.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Builder } from "fresh/dev";
import { type Encoding, packedFolder, packedTypeOf } from "../lib/http/packed_files.ts";
import type { State } from "../state.ts";

const ROOT = new URL("../", import.meta.url);
const OUTPUT = new URL("_fresh/", ROOT);

/** Holds the hash of the sources of a build, once that is complete. */
const SOURCE_HASH = new URL("source_hash", OUTPUT);

/** Where the parts of style sheets are, which no page loads by themselves. */
const STYLE_LAYERS = "styles/layers/";

/** What the page is made of. */
const SOURCE_FOLDERS = [
  "client",
  "commands",
  "components",
  "islands",
  "lib",
  "routes",
  "static",
  "vendor",
];
const SOURCE_FILES = ["deno.json", "deno.lock", "dev.ts"];

/**
 * Makes Fresh's builder for this project.
 *
 * @param name Names the build, so that the same sources have the same addresses; by default no two are alike
 */
export async function createBuilder(name?: string): Promise<Builder<State>> {
  // Where Fresh looks for a name, once it is imported.
  if (name !== undefined) Deno.env.set("DENO_DEPLOYMENT_ID", name);
  const { Builder } = await import("fresh/dev");
  return new Builder<State>({ root: ROOT.href, islandDir: "islands/bundles" });
}

/**
 * Builds the page into `_fresh`, if its sources have changed.
 *
 * @param options.force Whether to build in any case
 */
export async function buildPage({ force = false }: { force?: boolean } = {}): Promise<void> {
  const hash = await hashSources();
  const built = await Deno.readTextFile(SOURCE_HASH).catch(() => undefined);
  if (!force && built === hash) return;
  await rm(OUTPUT, { recursive: true, force: true });
  await (await createBuilder(hash)).build();
  const [{ name: buildId } = { name: "" }] = Deno.readDirSync(new URL("static/_fresh/js/", OUTPUT));
  await packFolder(new URL("static/", ROOT), buildId);
  // What Fresh has made of a file takes its place.
  await packFolder(new URL("static/", OUTPUT), buildId);
  await Deno.writeTextFile(SOURCE_HASH, hash);
}

async function hashSources(): Promise<string> {
  const hash = createHash("sha256").update(Deno.version.deno);
  for (const folder of SOURCE_FOLDERS) {
    const url = new URL(`${folder}/`, ROOT);
    for (const path of await listFiles(url)) {
      hash.update(`${folder}/${path}`).update(await Deno.readFile(new URL(path, url)));
    }
  }
  for (const file of SOURCE_FILES) hash.update(await Deno.readFile(new URL(file, ROOT)));
  return hash.digest("hex");
}

/** Files below a folder, sorted, relative to it and as parts of a URL; one that does not exist has none. */
async function listFiles(folder: URL): Promise<string[]> {
  const path = fileURLToPath(folder);
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
    .catch((error) => error.code === "ENOENT" ? [] : Promise.reject(error));
  return entries.filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(path, join(parentPath, name)))
    .map((file) => file.split(/[\\/]/).map(encodeURIComponent).join("/"))
    .sort();
}

/** Packs the files of a folder for the browsers. */
async function packFolder(folder: URL, buildId: string): Promise<void> {
  for (const path of await listFiles(folder)) {
    if (packedTypeOf(path) === undefined || path.startsWith(STYLE_LAYERS)) continue;
    const url = new URL(path, folder);
    const content = path.endsWith(".css") ? await joinStyles(url) : await Deno.readFile(url);
    const variants: [Encoding, Uint8Array][] = [
      ["identity", content],
      ["gzip", gzipSync(content, { level: 9 })],
      ["br", brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })],
    ];
    for (const [encoding, body] of variants) {
      if (encoding !== "identity" && body.length >= content.length) continue;
      const packed = new URL(path, packedFolder(buildId, encoding));
      await Deno.mkdir(new URL(".", packed), { recursive: true });
      await Deno.writeFile(packed, body);
    }
  }
}

/** A style sheet with what it imports, minified. */
async function joinStyles(url: URL): Promise<Uint8Array> {
  const { errors, warnings, outputFiles } = await Deno.bundle({
    entrypoints: [url.href],
    // Nothing is written there.
    outputDir: fileURLToPath(new URL(".", url)),
    minify: true,
    platform: "browser",
    write: false,
  });
  const content = outputFiles?.[0]?.contents;
  // A mistake in styles is only a warning, and browsers would pass over what follows it.
  if (content === undefined || warnings.length > 0) {
    const reasons = [...errors, ...warnings].map(({ text, location }) =>
      location ? `${location.file}:${location.line}: ${text}` : text
    );
    throw new Error(`Cannot join ${url.href}: ${reasons.join("; ")}`);
  }
  return content;
}
