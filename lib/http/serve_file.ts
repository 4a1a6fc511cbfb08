/**
 * Answers with a file or other content, or with the part of it that was asked for.
 *
 * @module
 */

import { ApiError } from "./api.ts";

/** Bytes that are read at a time. */
const CHUNK_BYTES = 65_536;

/** What is said of some content. */
export interface Described {
  /** Its media type, sent as `Content-Type`. */
  contentType: string;
  /** Name under which a browser saves it. */
  fileName: string;
  /** Whether a browser is to save it rather than show it. */
  download: boolean;
  /**
   * Its `Cache-Control`.
   *
   * @default {"private, no-cache"}
   */
  cacheControl?: string;
}

/** What is said of a file. */
export interface ServedFile extends Described {
  /** Where it lies on the disk of the server. */
  path: string;
}

/** Content that does not change, wherever it is. */
export interface Content {
  /** In bytes. */
  size: number;
  /** When it was made; `null` where that is not known. */
  mtime: Date | null;
  /** Reads a part of it; `end` is exclusive. */
  read(start: number, end: number): ReadableStream<Uint8Array<ArrayBuffer>>;
}

/**
 * Answers with a file that does not change, as {@linkcode serveContent} does.
 *
 * @throws {ApiError} With 404 if there is no such file
 */
export async function serveFile(
  request: Request,
  { path, ...described }: ServedFile,
): Promise<Response> {
  const file = await openFile(path);
  let isRead = false;
  try {
    const { size, mtime } = await file.stat();
    const read = (start: number, end: number) => {
      file.seekSync(start, Deno.SeekMode.Start);
      isRead = true;
      return readPart(file, end - start);
    };
    return serveContent(request, { size, mtime, read }, described);
  } finally {
    if (!isRead) file.close();
  }
}

/**
 * Answers with content, whole (200) or a range of its bytes (206; RFC 9110, section 14). Of several ranges none is given but the
 * whole, as the RFC allows.
 */
export function serveContent(
  request: Request,
  { size, mtime, read }: Content,
  { contentType, fileName, download, cacheControl = "private, no-cache" }: Described,
): Response {
  const headers = new Headers({
    "Accept-Ranges": "bytes",
    "Cache-Control": cacheControl,
    "Content-Disposition": contentDisposition(fileName, download),
    "Content-Type": contentType,
    "ETag": `"${size.toString(36)}-${(mtime?.getTime() ?? 0).toString(36)}"`,
  });
  if (request.headers.get("If-None-Match") === headers.get("ETag")) {
    return new Response(null, { status: 304, headers });
  }
  const range = parseRange(request.headers, size, headers.get("ETag"));
  if (range === "unsatisfiable") {
    headers.set("Content-Range", `bytes */${size}`);
    return new Response(null, { status: 416, headers });
  }
  const { start, end } = range ?? { start: 0, end: size };
  headers.set("Content-Length", String(end - start));
  if (range !== undefined) headers.set("Content-Range", `bytes ${start}-${end - 1}/${size}`);
  const status = range === undefined ? 200 : 206;
  if (request.method === "HEAD") return new Response(null, { status, headers });
  return new Response(read(start, end), { status, headers });
}

async function openFile(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ApiError(404, "file_not_found", "The file is no longer there");
  }
}

/**
 * The range that was asked for.
 *
 * @returns `end` is exclusive; `undefined` for the whole file
 */
function parseRange(
  headers: Headers,
  size: number,
  etag: string | null,
): { start: number; end: number } | "unsatisfiable" | undefined {
  const condition = headers.get("If-Range");
  if (condition !== null && condition !== etag) return undefined;
  const match = /^bytes=(\d*)-(\d*)$/.exec(headers.get("Range")?.trim() ?? "");
  const [, first = "", last = ""] = match ?? [];
  if (first === "" && last === "") return undefined;
  // "-500" stands for the last 500 bytes.
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1);
  if (first !== "" && last !== "" && Number(last) < start) return undefined;
  return start < end ? { start, end } : "unsatisfiable";
}

function contentDisposition(fileName: string, download: boolean): string {
  const encoded = encodeURIComponent(fileName).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${download ? "attachment" : "inline"}; filename*=UTF-8''${encoded}`;
}

/** Reads so many bytes from where the file is, and closes it. */
function readPart(file: Deno.FsFile, bytes: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let left = bytes;
  const close = () => {
    try {
      file.close();
    } catch {
      // The client has gone while the file was being read.
    }
  };
  return new ReadableStream({
    async pull(controller) {
      try {
        const buffer = new Uint8Array(Math.min(CHUNK_BYTES, left));
        const read = left === 0 ? null : await file.read(buffer);
        if (read !== null) {
          left -= read;
          controller.enqueue(buffer.subarray(0, read));
          if (left > 0) return;
        }
        controller.close();
      } catch (error) {
        controller.error(error);
      }
      close();
    },
    cancel: close,
  }, { highWaterMark: 0 });
}
