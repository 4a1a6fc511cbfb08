/**
 * How clients want their streams to be known.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { parseMessage } from "../protocol/parse_message.ts";
import { type RenameMessage, RenameMessageSchema } from "../protocol/stream_name.ts";

/** What a client says of its stream when it opens it. */
export interface StreamNaming {
  /** What it is called, as the protocol allows it. */
  name?: string | undefined;
  /** A secret from which its session id is made, as the protocol allows it. */
  stream_key?: string | undefined;
}

/** Longest text message that is looked at; a longer one can be no name. */
const MAX_RENAME = 1024;

/** Bytes of a UUID. */
const UUID_BYTES = 16;

/**
 * The session id of all connections with a stream key. Whoever sees the id, as everyone who watches does, cannot tell the key
 * from it, and so cannot take the stream's place.
 *
 * @returns A UUID of version 8 (RFC 9562, section 5.8), from the SHA-256 of the key
 */
export function sessionIdOf(streamKey: string): string {
  const digest = createHash("sha256").update(`livesyte stream ${streamKey}`).digest();
  const bytes = digest.subarray(0, UUID_BYTES);
  bytes.writeUInt8(bytes.readUInt8(6) & 0x0f | 0x80, 6);
  bytes.writeUInt8(bytes.readUInt8(8) & 0x3f | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** The name in a message of a client; `null` where it is none. */
export function readRename(data: unknown): RenameMessage | null {
  if (typeof data !== "string" || data.length > MAX_RENAME) return null;
  return parseMessage(RenameMessageSchema, data);
}
