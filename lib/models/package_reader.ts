import { Readable, type Writable } from "node:stream";
import { Parser, type ReadEntry } from "tar";
import { download } from "./download.ts";
import { readMachineNetwork } from "./machine_network.ts";

/** Receives a file piece by piece. */
export interface FileSink {
  /** Called with each piece, in the order of the file. */
  write(chunk: Uint8Array): void;
  /** Called after the last piece. */
  finish(): void;
  /** Called when the file will not be completed. */
  discard(): void;
}

/** Options for {@linkcode readPackage}. */
export interface PackageReaderOptions {
  /** Paths inside the package. */
  paths: readonly string[];
  /** Opens a sink for a file, when its first byte is near. */
  open: (path: string) => FileSink;
  /** Called as bytes of the package arrive, with their number so far. */
  onProgress?: (received: number) => void;
  /** Base URL of the registry; the one that npm uses on this machine where it is left out. */
  registry?: string | undefined;
}

/** Asks for the part of a package's description that an installer needs, which every registry gives. */
const ABBREVIATED = "application/vnd.npm.install-v1+json, application/json;q=0.8";

/**
 * Reads files out of a package of the npm registry, without what comes after them and without installing it.
 *
 * @param specifier Name and exact version, such as `left-pad@1.3.0`.
 * @throws If the registry cannot be reached, the transfer breaks, or a file is not there.
 */
export async function readPackage(
  specifier: string,
  options: PackageReaderOptions,
): Promise<void> {
  const stream = Readable.from(download(await findTarball(specifier, options.registry)));
  try {
    await readArchive(stream, options);
  } finally {
    stream.destroy();
  }
}

async function findTarball(specifier: string, named: string | undefined): Promise<URL> {
  const registry = named ?? readMachineNetwork(Deno.env.toObject(), Deno.cwd()).registry ??
    (await import("registry-url")).defaultUrl;
  const at = specifier.lastIndexOf("@");
  const [name, version] = [specifier.slice(0, at), specifier.slice(at + 1)];
  const url = new URL(name.replace("/", "%2f"), registry.replace(/\/*$/, "/"));
  const pieces = await Array.fromAsync(download(url, { accept: ABBREVIATED }));
  const description = JSON.parse(await new Blob(pieces).text());
  const tarball = description.versions?.[version]?.dist?.tarball;
  if (typeof tarball !== "string") throw new Error(`the registry has no ${specifier}`);
  return new URL(tarball);
}

function readArchive(
  stream: Readable,
  { paths, open, onProgress }: PackageReaderOptions,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // npm packs everything into one folder.
  const wanted = new Map(paths.map((path) => [`package/${path}`, path]));
  let current: FileSink | undefined;
  const fail = (error: Error) => {
    current?.discard();
    current = undefined;
    reject(error);
  };
  const attempt = (action: () => void) => {
    try {
      action();
    } catch (error) {
      fail(error as Error);
    }
  };

  const take = (entry: ReadEntry) => {
    const path = wanted.get(entry.path);
    if (path === undefined) return entry.resume();
    entry.on("data", (chunk: Uint8Array) => attempt(() => current?.write(chunk)));
    entry.on("end", () =>
      attempt(() => {
        current?.finish();
        current = undefined;
        wanted.delete(entry.path);
        if (wanted.size === 0) resolve();
      }));
    attempt(() => current = open(path));
  };

  const parser = new Parser({ strict: true, onReadEntry: take });
  parser.on("error", fail);
  parser.on("end", () => fail(new Error(`the package does not hold ${[...wanted.values()]}`)));
  let received = 0;
  stream.on("data", (chunk: Uint8Array) => {
    received += chunk.length;
    onProgress?.(received);
  });
  stream.on("error", fail);
  // The parser has what a pipe needs of its target, without the types that say so.
  stream.pipe(parser as unknown as Writable);
  return promise;
}
