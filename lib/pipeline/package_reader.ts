import { Parser, type ReadEntry } from "tar";

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
  /** Base URL of the registry; npm's own where it is left out. */
  registry?: string | undefined;
}

/** A connection on which nothing comes for so long is given up, in milliseconds. */
const IDLE_TIMEOUT_MS = 30_000;

/** The part of a Minipass stream that is used here. */
interface ByteStream {
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  pipe(target: Parser): unknown;
}

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
  // Loaded only when something is missing: it takes longer to load than a server to start.
  const { default: pacote } = await import("pacote");
  const leave = new AbortController();
  const settings = {
    signal: leave.signal,
    timeout: IDLE_TIMEOUT_MS,
    fetchRetries: 1,
    fetchRetryFactor: 2,
    fetchRetryMintimeout: 500,
    fetchRetryMaxtimeout: 5000,
    ...(options.registry && { registry: options.registry }),
  };
  let failure: unknown;
  await pacote.tarball.stream(specifier, async (stream: ByteStream) => {
    try {
      await readArchive(stream, options);
    } catch (error) {
      // Kept from pacote, which would clear npm's own cache over some of these errors.
      failure = error;
    }
  }, settings);
  leave.abort();
  if (failure !== undefined) throw failure;
}

function readArchive(
  stream: ByteStream,
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
  parser.on("end", () => fail(new Error(`The package does not hold ${[...wanted.values()]}`)));
  let received = 0;
  stream.on("data", (chunk) => {
    received += chunk.length;
    onProgress?.(received);
  });
  stream.on("error", fail);
  stream.pipe(parser);
  return promise;
}
