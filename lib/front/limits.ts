/**
 * How long things may take at the door, and how large they may be.
 *
 * @module
 */

import type { PaceLimit } from "./pace.ts";

/** The limits of one connection. */
export interface ConnectionLimits {
  /** Milliseconds for a request head, and for the TLS handshake before it. */
  headTimeoutMs: number;
  /** Largest request head in bytes. */
  maxHeadBytes: number;
  /** Milliseconds that a connection may be idle between two requests. */
  idleTimeoutMs: number;
  /** What request bodies and WebSocket messages have to keep once they have begun. */
  pace: PaceLimit;
  /** Milliseconds that a client may take over 64 KiB of an answer. */
  writeTimeoutMs: number;
  /** Milliseconds between the first close frame of a WebSocket and the end of its connection. */
  closeTimeoutMs: number;
  /** Tokens of a WebSocket: a frame of a message costs 1, a control frame 10. */
  frameRate: { capacity: number; perSecond: number };
  /** Milliseconds that a WebSocket may go on without tokens, or without a turn for a large message. */
  maxWaitMs: number;
}

/** The limits in use; others are for tests. */
export const CONNECTION_LIMITS: Readonly<ConnectionLimits> = {
  headTimeoutMs: 10_000,
  maxHeadBytes: 32_768,
  idleTimeoutMs: 75_000,
  pace: { bytes: 10_240, withinMs: 10_000 },
  writeTimeoutMs: 60_000,
  closeTimeoutMs: 5_000,
  frameRate: { capacity: 1000, perSecond: 500 },
  maxWaitMs: 5_000,
};
