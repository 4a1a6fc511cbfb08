/**
 * Takes uploaded videos from the network to the disk.
 *
 * @module
 */

import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  Busboy,
  type BusboyFileStream,
  type BusboyHeaders,
  type BusboyInstance,
} from "@fastify/busboy";
import { InvalidUploadError, toStorageError, UploadTooLargeError } from "./errors.ts";
import { cutText } from "../cut_text.ts";
import type { DiskSpace, SpacePromise } from "../storage/disk_space.ts";

/** Options of {@linkcode saveUpload}. */
export interface SaveUploadOptions {
  /** Where the video is to be in the end. */
  path: string;
  /** Where it is until it is complete; on the same disk as `path`. */
  partialPath: string;
  /** Largest video in bytes; one of exactly this size passes. */
  maxBytes: number;
  /** The disk that it is on. */
  disk: DiskSpace;
  /**
   * Milliseconds without a byte after which the upload is given up.
   *
   * @default {60000}
   */
  idleTimeoutMs?: number;
  /** Told the part `rules` of the form as soon as it has come; what it throws ends the upload. By default nothing is done. */
  onRules?: (rules: string) => void;
}

/** A video that has arrived. */
export interface SavedUpload {
  /** Name that the person's file had, without folders; only for showing. */
  fileName: string;
  /** Size of the video in bytes. */
  fileBytes: number;
}

/** What a form may hold beside the video. */
const FORM_LIMITS = {
  files: 1,
  // Each part takes time, however small it is.
  parts: 17,
  fieldSize: 262_144,
  fieldNameSize: 100,
  headerPairs: 50,
};

/** Room for the form around the video. */
const FORM_BYTES = 65_536 + FORM_LIMITS.fieldSize;

const MAX_NAME_LENGTH = 200;

/**
 * Saves the part `file` of a `multipart/form-data` request, and reads its part `rules`, without ever holding more of it than a
 * few chunks. When anything goes wrong, nothing is left behind.
 *
 * @throws {InvalidUploadError} If the request is no complete form with a part `file`
 * @throws {UploadTooLargeError} If the file exceeds the limit
 * @throws {StorageFullError} If the disk is full, or has no room for what others have begun to upload and this
 * @throws {StorageUnavailableError} If the disk cannot be written
 */
export async function saveUpload(
  request: Request,
  { path, partialPath, maxBytes, disk, idleTimeoutMs = 60_000, onRules = () => {} }:
    SaveUploadOptions,
): Promise<SavedUpload> {
  // A client that announces a size that is too large can be refused before it sends anything.
  const announced = Number(request.headers.get("content-length"));
  if (announced > maxBytes + FORM_BYTES) throw tooLarge(maxBytes);
  using space = await disk.promise(Math.min(announced, maxBytes));
  try {
    const file = new PartialFile(partialPath, { maxBytes, space });
    const saved = await receive(request, file, { maxBytes, idleTimeoutMs, onRules });
    await Deno.rename(partialPath, path);
    return saved;
  } catch (error) {
    await Deno.remove(partialPath).catch(() => {});
    throw toStorageError(error);
  }
}

async function receive(
  request: Request,
  file: PartialFile,
  limits: Required<Pick<SaveUploadOptions, "maxBytes" | "idleTimeoutMs" | "onRules">>,
): Promise<SavedUpload> {
  const { body } = request;
  if (body === null) throw new InvalidUploadError("Expected a form with a part named file");
  const abort = new AbortController();
  let saving: Promise<SavedUpload> | undefined;
  const form = openForm(request, (stream, fileName) => {
    saving = file.fill(stream).then((fileBytes) => ({ fileName, fileBytes }));
    // What goes wrong with the file ends the whole upload.
    saving.catch((error) => abort.abort(error));
  });
  form.on("field", (name, value, _nameTruncated, valueTruncated) => {
    if (name !== "rules") return;
    try {
      if (valueTruncated) throw new InvalidUploadError("The part named rules is too large");
      limits.onRules(value);
    } catch (error) {
      abort.abort(error);
    }
  });
  form.on("partsLimit", () => {
    const message = `The form has more than ${FORM_LIMITS.parts} parts`;
    abort.abort(new InvalidUploadError(message));
  });
  const guard = new UploadGuard(abort, limits);
  try {
    const bytes = body.pipeThrough(guard.watch());
    await pipeline(Readable.fromWeb(bytes as never), form, { signal: abort.signal });
  } catch (error) {
    // Lets the writer end before its file is removed.
    file.abandon();
    await saving?.catch(() => {});
    if (abort.signal.aborted) throw abort.signal.reason;
    throw brokenOff(error);
  } finally {
    guard.stop();
  }
  if (saving === undefined) throw new InvalidUploadError("Expected a form with a part named file");
  return await saving;
}

function openForm(
  request: Request,
  onFile: (stream: BusboyFileStream, fileName: string) => void,
): BusboyInstance {
  let form: BusboyInstance;
  try {
    const contentType = request.headers.get("content-type") ?? "";
    if (!/^multipart\/form-data\b/i.test(contentType)) throw new TypeError("Not a form");
    const headers: BusboyHeaders = { "content-type": contentType };
    form = new Busboy({ headers, limits: FORM_LIMITS });
  } catch (error) {
    throw new InvalidUploadError("Expected the content type multipart/form-data", { cause: error });
  }
  form.on("file", (name, stream, fileName) => {
    // An error event without a listener would end the server.
    stream.on("error", () => {});
    if (name === "file") onFile(stream, cleanName(fileName));
    else stream.resume();
  });
  return form;
}

/** A file that is being written. */
class PartialFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #space: SpacePromise;
  #stream: BusboyFileStream | undefined;
  #streamError: unknown;

  constructor(path: string, { maxBytes, space }: { maxBytes: number; space: SpacePromise }) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#space = space;
  }

  /**
   * Writes all of a stream to the disk.
   *
   * @returns Number of bytes
   */
  async fill(stream: BusboyFileStream): Promise<number> {
    this.#stream = stream;
    stream.once("error", (error) => {
      this.#streamError = error;
    });
    try {
      using file = await Deno.open(this.#path, { write: true, createNew: true });
      const bytes = await this.#copy(stream, file);
      // An accepted video is to survive a power cut, as its job does.
      await file.syncData();
      return bytes;
    } catch (error) {
      throw error === this.#streamError ? brokenOff(error) : error;
    }
  }

  /** Ends writing where it is. */
  abandon(): void {
    this.#stream?.destroy(new Error("Abandoned"));
  }

  async #copy(stream: BusboyFileStream, file: Deno.FsFile): Promise<number> {
    let bytes = 0;
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > this.#maxBytes) throw tooLarge(this.#maxBytes);
      await this.#space.need(chunk.length);
      for (let part = chunk; part.length > 0;) part = part.subarray(await file.write(part));
      this.#space.spend(chunk.length);
    }
    return bytes;
  }
}

/** Ends an upload that sends nothing for a while, or for ever something. */
class UploadGuard {
  readonly #abort: AbortController;
  readonly #maxBytes: number;
  readonly #idleTimeoutMs: number;
  #bytes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    abort: AbortController,
    { maxBytes, idleTimeoutMs }: { maxBytes: number; idleTimeoutMs: number },
  ) {
    this.#abort = abort;
    this.#maxBytes = maxBytes;
    this.#idleTimeoutMs = idleTimeoutMs;
  }

  /** Passes bytes on. */
  watch(): TransformStream<Uint8Array, Uint8Array> {
    this.#restart();
    return new TransformStream({
      transform: (chunk, controller) => {
        this.#restart();
        this.#bytes += chunk.length;
        if (this.#bytes > this.#maxBytes + FORM_BYTES) this.#abort.abort(tooLarge(this.#maxBytes));
        else controller.enqueue(chunk);
      },
    });
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #restart(): void {
    this.stop();
    this.#timer = setTimeout(() => {
      this.#abort.abort(new InvalidUploadError("The upload stalled"));
    }, this.#idleTimeoutMs);
  }
}

function tooLarge(maxBytes: number): UploadTooLargeError {
  return new UploadTooLargeError(`The video exceeds the limit of ${maxBytes} bytes`);
}

function brokenOff(cause: unknown): InvalidUploadError {
  return new InvalidUploadError("The upload broke off", { cause });
}

/**
 * A name fit for showing: no folders, no control characters, not too long.
 *
 * The joiners stay, without which Persian and Indic words and many emojis are others.
 */
function cleanName(name: string | undefined): string {
  const base = name?.split(/[\\/]/).at(-1)?.replace(/(?![\u200c\u200d])\p{C}/gu, "");
  return cutText(base ?? "", MAX_NAME_LENGTH) || "video";
}
