import { type Reader, unzip } from "unzipit";
import { download, type DownloadOptions, NoRangesError } from "./download.ts";
import type { FileSink } from "./package_reader.ts";
import { type PipSettings, readPipSettings } from "./pip_settings.ts";

/** Options for {@linkcode readWheel}. */
export interface WheelReaderOptions {
  /** Paths inside the wheel. */
  paths: readonly string[];
  /** Opens a sink for a file, when its first byte is near. */
  open: (path: string) => FileSink;
  /** Called as bytes of the wheel arrive, with their number so far. */
  onProgress?: (received: number) => void;
  /** Base URL of the index; the one that pip uses on this machine where it is left out. */
  index?: string | undefined;
  /** Longest wait for the next piece, in milliseconds; 30000 by default. */
  idleTimeoutMs?: number | undefined;
}

/** A wheel on an index. */
interface FoundWheel {
  url: URL;
  /** In bytes; not every index tells it. */
  size: number | undefined;
}

/** JSON where the index has it (PEP 691), else the page that every index has (PEP 503). */
const LISTING = "application/vnd.pypi.simple.v1+json, text/html;q=0.1";

/**
 * Reads files out of a wheel, which is a ZIP archive: only their bytes where the server gives parts of a file.
 *
 * @param name Name of the project on the index.
 * @param version Exact version.
 * @throws If the index cannot be reached, the transfer breaks, or a file is not there.
 */
export async function readWheel(
  name: string,
  version: string,
  { paths, open, onProgress, index, idleTimeoutMs }: WheelReaderOptions,
): Promise<void> {
  const pip = readPipSettings(Deno.env.toObject());
  const options = { pip, ...(idleTimeoutMs !== undefined && { idleTimeoutMs }) };
  const wheel = await findWheel(name, version, index ?? pip.index, options);
  let received = 0;
  const count = ({ length }: Uint8Array) => onProgress?.(received += length);
  const { entries } = await openArchive(wheel, options, count);
  for (const path of paths) {
    const entry = entries[path];
    if (entry === undefined) throw new Error(`the wheel does not hold ${path}`);
    await pour(await entry.stream(), open(path));
  }
}

async function findWheel(
  name: string,
  version: string,
  index: string,
  options: DownloadOptions & { pip: PipSettings },
): Promise<FoundWheel> {
  const page = new URL(`${name}/`, index.replace(/\/*$/, "/"));
  const pieces = await Array.fromAsync(download(page, { ...options, accept: LISTING }));
  const start = `${name.replaceAll("-", "_")}-${version}-`;
  const found = readListing(await new Blob(pieces).text())
    .find(({ file }) => file.startsWith(start) && file.endsWith(".whl"));
  if (found === undefined) throw new Error(`the index has no ${name} ${version}`);
  const url = new URL(found.url, page);
  // An index that asks for a password asks for it for its files, too.
  if (url.host === page.host) [url.username, url.password] = [page.username, page.password];
  return { url, size: found.size };
}

/** The files of a listing, in either form. */
function readListing(text: string): { file: string; url: string; size?: number }[] {
  if (text.trimStart().startsWith("{")) {
    const { files = [] } = JSON.parse(text);
    return files.map(({ filename, ...rest }: { filename: string; url: string; size?: number }) => ({
      ...rest,
      file: filename,
    }));
  }
  return Array.from(text.matchAll(/<a\s[^>]*?href="([^"]+)"[^>]*>\s*([^<\s]+)\s*<\/a>/g))
    .map(([, url = "", file = ""]) => ({ file, url: url.replaceAll("&amp;", "&") }));
}

/** Opens a wheel at its place, or, where the server gives only whole files, once it is here. */
async function openArchive(
  { url, size }: FoundWheel,
  options: DownloadOptions,
  onPiece: (piece: Uint8Array) => void,
) {
  if (size !== undefined) {
    try {
      return await unzip(remoteReader(url, size, options, onPiece));
    } catch (error) {
      if (!(error instanceof NoRangesError)) throw error;
    }
  }
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of download(url, options)) {
    onPiece(piece);
    pieces.push(piece);
  }
  return await unzip(new Blob(pieces));
}

function remoteReader(
  url: URL,
  size: number,
  options: DownloadOptions,
  onPiece: (piece: Uint8Array) => void,
): Reader {
  async function* pieces(offset: number, length: number) {
    for await (const piece of download(url, { ...options, range: { offset, length } })) {
      onPiece(piece);
      yield piece;
    }
  }
  return {
    getLength: () => Promise.resolve(size),
    async read(offset, length) {
      const all = await Array.fromAsync(pieces(offset, length));
      return new Uint8Array(await new Blob(all).arrayBuffer());
    },
    readStream: (offset, length) => Promise.resolve(ReadableStream.from(pieces(offset, length))),
  };
}

async function pour(stream: ReadableStream<Uint8Array>, sink: FileSink): Promise<void> {
  try {
    for await (const chunk of stream) sink.write(chunk);
    sink.finish();
  } catch (error) {
    sink.discard();
    throw error;
  }
}
