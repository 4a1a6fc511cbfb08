/**
 * The files of the page as the build has packed them: minified, and compressed for the browsers that take it.
 *
 * @module
 */

/** The encodings that files are packed in, the best first. */
export const ENCODINGS = ["br", "gzip", "identity"] as const;

/** One of {@linkcode ENCODINGS}. */
export type Encoding = typeof ENCODINGS[number];

/** A file in one encoding. */
export interface Variant {
  /** What has to be undone to get the file. */
  encoding: Encoding;
  /** What is sent. */
  body: Uint8Array<ArrayBuffer>;
  /** Differs from that of any other content, and of any other encoding of the same. */
  etag: string;
}

/** The variants of each file by its path in URLs, in the order of {@linkcode ENCODINGS}. */
export type PackedFiles = ReadonlyMap<string, readonly Variant[]>;

const PACKED_FOLDER = new URL("../../_fresh/packed/", import.meta.url);

/** The media types of the files that are packed, by the end of their name. */
const CONTENT_TYPES: readonly [end: string, type: string][] = [
  [".css", "text/css; charset=UTF-8"],
  [".js", "text/javascript; charset=UTF-8"],
  [".svg", "image/svg+xml; charset=UTF-8"],
  [".webmanifest", "application/manifest+json"],
];

/** The media type of a file that is to be packed; `undefined` for any other, such as one that is compressed in itself. */
export function packedTypeOf(path: string): string | undefined {
  return CONTENT_TYPES.find(([end]) => path.endsWith(end))?.[1];
}

/**
 * The folder with the packed files of a build in one encoding, each at its path in URLs.
 *
 * @param buildId Fresh's name for the build
 */
export function packedFolder(buildId: string, encoding: Encoding): URL {
  return new URL(`${buildId}/${encoding}/`, PACKED_FOLDER);
}

/** Reads what is packed of a build; there is nothing of one that is only in memory. */
export async function readPackedFiles(buildId: string): Promise<PackedFiles> {
  const files = new Map<string, Variant[]>();
  const read = async (encoding: Encoding, path: string): Promise<void> => {
    const folder = new URL(path, packedFolder(buildId, encoding));
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (isDirectory) {
        await read(encoding, `${path}${name}/`);
        continue;
      }
      const body = await Deno.readFile(new URL(name, folder));
      const variants = files.getOrInsertComputed(`/${path}${name}`, () => []);
      variants.push({ encoding, body, etag: await etagOf(body) });
    }
  };
  for (const encoding of ENCODINGS) {
    await read(encoding, "").catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
  return files;
}

async function etagOf(body: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  return `"${digest.toHex().slice(0, 32)}"`;
}
