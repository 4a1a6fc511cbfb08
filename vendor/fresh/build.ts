import { readdir } from "node:fs/promises";
import { extname, join, relative } from "node:path";

/** What was collected and bundled from the directories of an application. */
export interface Build {
  /** Absolute paths, named as in `BuildOptions`. */
  directories: {
    root: string;
    outDir: string;
    staticDir: string;
    serverEntry: string;
  };
  /** Differs when what browsers load differs. */
  id: string;
  /** The URL path of the module that starts the islands. */
  clientEntry: string;
  /** The island files, and the URL path of the module of each. */
  islands: { path: string; name: string; file: string }[];
  /** The route files by their path in the routes directory, sorted. */
  routes: { id: string; path: string }[];
  /** The bundled modules by URL path. */
  modules: Map<string, Uint8Array<ArrayBuffer>>;
  /** The static files by URL path. */
  staticFiles: Map<string, { path: string; hash: string }>;
}

/**
 * Lists the files below a directory, sorted, relative to it and with `/` between the parts; hidden
 * ones only in `.well-known`. A directory that does not exist has none.
 */
export async function listFiles(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
    .catch((error) => error.code === "ENOENT" ? [] : Promise.reject(error));
  return entries.filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => slashed(relative(directory, join(parentPath, name))))
    .filter((path) => !/(?:^|\/)\.(?!well-known\/)/.test(path))
    .sort();
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
  ".avif": "image/avif",
  ".css": "text/css; charset=UTF-8",
  ".gif": "image/gif",
  ".html": "text/html; charset=UTF-8",
  ".ico": "image/vnd.microsoft.icon",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".js": "text/javascript; charset=UTF-8",
  ".json": "application/json; charset=UTF-8",
  ".mp4": "video/mp4",
  ".png": "image/png",
  ".svg": "image/svg+xml; charset=UTF-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
};

/** The media type of a file by its extension; plain text if that is not known, as in Fresh. */
export function contentTypeOf(path: string): string {
  return CONTENT_TYPES[extname(path).toLowerCase()] ??
    "text/plain; charset=UTF-8";
}
