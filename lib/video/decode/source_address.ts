/**
 * The addresses at which live sources are found.
 *
 * @module
 */

import { SourceError } from "./source_error.ts";

/** An address that is understood. */
export interface SourceAddress {
  /** How the source is read. */
  kind: "rtsp" | "http" | "file" | "device";
  /** As FFmpeg opens it. */
  url: string;
}

const KINDS: Readonly<Record<string, SourceAddress["kind"]>> = {
  "rtsp:": "rtsp",
  "rtsps:": "rtsp",
  "http:": "http",
  "https:": "http",
};

const DEVICE = /^(?:v4l2:(?:\/\/)?)?(\/dev\/video\d{1,3})$/;

/**
 * Reads an address: `rtsp`, `rtsps`, `http`, `https`, `file` with an absolute path, `/dev/video0`, or `v4l2:/dev/video0`.
 *
 * @throws {SourceError} If it is anything else: what other addresses mean to FFmpeg may read any file
 */
export function parseSourceAddress(address: string): SourceAddress {
  const device = DEVICE.exec(address)?.[1];
  if (device !== undefined) return { kind: "device", url: device };
  const url = URL.parse(address);
  if (url?.protocol === "file:" && url.host === "") return { kind: "file", url: fileUrl(url) };
  const kind = KINDS[url?.protocol ?? ""];
  if (url === null || kind === undefined || url.hostname === "") {
    throw new SourceError("wrong_address");
  }
  url.hash = "";
  return { kind, url: url.href };
}

/** FFmpeg takes what follows `file:` for a path as it is. */
function fileUrl({ pathname }: URL): string {
  try {
    const path = decodeURIComponent(pathname);
    if (!path.includes("\0")) return `file:${path}`;
  } catch {
    // The same as for any other that is no address.
  }
  throw new SourceError("wrong_address");
}
