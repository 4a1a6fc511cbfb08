/**
 * What is at the other end of a stream.
 *
 * @module
 */

import type { ResultMessage, StreamErrorCode } from "../protocol/stream.ts";

/** The part of a client's WebSocket that a session needs, or what stands in its place for a camera. */
export interface StreamTransport {
  /** Bytes that have been sent and not yet taken by the network. */
  readonly bufferedAmount: number;
  /** Sends an answer, which is JSON, as a text message. */
  send(text: string): void;
  /** Begins to close the connection with a WebSocket close code and its reason. */
  close(code: number, reason: string): void;
  /**
   * Takes note of a failure, after which the stream stays open; without this, a failure ends it.
   *
   * @param detail A sentence for people
   */
  failed?(code: StreamErrorCode, detail: string): void;
  /**
   * Takes each result together with the JPEG that it was found in, which is kept for this alone. It neither waits nor throws.
   *
   * @param arrivedMs When the frame arrived, in monotonic milliseconds
   */
  answered?(message: ResultMessage, frame: Uint8Array<ArrayBuffer>, arrivedMs: number): void;
}
