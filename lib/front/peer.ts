/**
 * One end of a connection that passes through the door.
 *
 * @module
 */

import { NamedError } from "../named_error.ts";
import { Deadline } from "./deadline.ts";

/** What the door needs of a connection; a `Deno.Conn` is one. */
export interface ByteConnection {
  /** Reads into a buffer; resolves to the number of bytes, or `null` at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Writes some of the bytes, and resolves to how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** Says that nothing more will be written (FIN). */
  closeWrite(): Promise<void>;
  /** Ends the connection at once. */
  close(): void;
}

/** Thrown by writing to a peer that has gone; nothing is left to be said to it. */
export class PeerGoneError extends NamedError {}

/** Most connections never send more than a request head. */
const INITIAL_BUFFER_BYTES = 4096;
/** Holds a usual frame, so that it passes in one piece. */
const MAX_BUFFER_BYTES = 65_536;

/**
 * Reads and writes one end of a connection.
 *
 * Nothing is read ahead of what is asked for, so whoever awaits each `write` before the next `fill` passes on the pressure of
 * a slow receiver. A reset is taken as the end.
 */
export class Peer {
  readonly #connection: ByteConnection;
  readonly #writeTimeoutMs: number;
  readonly #stalled: Deadline;
  #buffer = new Uint8Array(INITIAL_BUFFER_BYTES);
  #start = 0;
  #end = 0;
  #hasFilled = false;
  #filling: Promise<boolean> | undefined;
  #isCut = false;
  #isFinished = false;

  /**
   * Takes over a connection.
   *
   * @param writeTimeoutMs How long a peer may take over up to 64 KiB that are written to it before it is cut
   */
  constructor(connection: ByteConnection, writeTimeoutMs = Infinity) {
    this.#connection = connection;
    this.#writeTimeoutMs = writeTimeoutMs;
    this.#stalled = new Deadline(() => this.cut());
  }

  /** Whether this side has ended the connection. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** What has been read and not consumed; valid until the next `fill`. */
  get available(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Whether nothing more can be read before something is consumed. */
  get isFull(): boolean {
    return this.#end - this.#start === MAX_BUFFER_BYTES;
  }

  /** Takes bytes from the front of `available`. */
  consume(length: number): void {
    this.#start += length;
    if (this.#start === this.#end) this.#start = this.#end = 0;
  }

  /**
   * Reads once, behind what is available, unless that is full; calls during a read wait for the same one.
   *
   * @returns Whether the peer is still there
   */
  fill(): Promise<boolean> {
    if (this.#filling !== undefined) return this.#filling;
    return this.#makeRoom() ? this.#filling = this.#read() : Promise.resolve(true);
  }

  /**
   * Writes all bytes; only one write may be under way.
   *
   * @throws {PeerGoneError} If the peer has gone, or does not take them in time
   */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#writeTimeoutMs !== Infinity) this.#stalled.set(this.#writeTimeoutMs);
    try {
      for (let written = 0; written < bytes.length;) {
        written += await this.#connection.write(
          written === 0 ? bytes : bytes.subarray(written),
        );
      }
    } catch (error) {
      throw new PeerGoneError("Cannot write to a peer that has gone", { cause: error });
    } finally {
      this.#stalled.clear();
    }
  }

  /** Says that nothing more will be written (FIN); reading goes on. */
  async finish(): Promise<void> {
    if (this.#isFinished || this.#isCut) return;
    this.#isFinished = true;
    try {
      await this.#connection.closeWrite();
    } catch {
      // It has gone already.
    }
  }

  /** Ends the connection at once. */
  cut(): void {
    if (this.#isCut) return;
    this.#isCut = true;
    this.#stalled.dispose();
    try {
      this.#connection.close();
    } catch {
      // It has gone already.
    }
  }

  /**
   * Finishes, lets the peer end too, and cuts it.
   *
   * Cutting a connection with unread bytes resets it, which can take from the peer what was written last.
   *
   * @param timeoutMs How long the peer may take
   * @param maxBytes How much it may still send
   */
  async leave(timeoutMs: number, maxBytes: number): Promise<void> {
    const deadline = new Deadline(() => this.cut());
    deadline.set(timeoutMs);
    await this.finish();
    for (let left = maxBytes; left > 0 && !this.#isCut;) {
      left -= this.#end - this.#start;
      this.consume(this.#end - this.#start);
      if (!(await this.fill())) break;
    }
    deadline.dispose();
    this.cut();
  }

  async #read(): Promise<boolean> {
    try {
      const length = await this.#connection.read(this.#buffer.subarray(this.#end));
      if (length === null) return false;
      this.#end += length;
      this.#hasFilled ||= this.#end === this.#buffer.length;
      return true;
    } catch {
      return false;
    } finally {
      this.#filling = undefined;
    }
  }

  /** Whether there is room behind what is available; who has filled the first buffer once is given the larger one. */
  #makeRoom(): boolean {
    const isLarge = this.#buffer.length === MAX_BUFFER_BYTES;
    if (!isLarge && this.#hasFilled) {
      const larger = new Uint8Array(MAX_BUFFER_BYTES);
      larger.set(this.available);
      this.#buffer = larger;
    } else if (this.#end < this.#buffer.length) {
      return true;
    } else if (this.#start === 0) {
      return false;
    } else {
      this.#buffer.copyWithin(0, this.#start, this.#end);
    }
    this.#end -= this.#start;
    this.#start = 0;
    return true;
  }
}
