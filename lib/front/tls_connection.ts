/**
 * The inside of TLS.
 *
 * Deno's own TLS listener cannot switch Nagle's algorithm off, which holds small answers back for some 40 ms, nor change its
 * certificate; so TLS is done on top of an accepted connection.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import { type SecureContext, TLSSocket } from "node:tls";
import type { ByteConnection } from "./peer.ts";
import { answerPlainHttp } from "./plain_http.ts";

const BUFFER_BYTES = 65_536;

/** The encrypted side, as a stream of Node's; a client that does not speak TLS is answered and sends nothing more. */
function toDuplex(tcp: Deno.TcpConn): Duplex {
  const buffer = new Uint8Array(BUFFER_BYTES);
  let isFirst = true;
  return new Duplex({
    allowHalfOpen: true,
    async read() {
      try {
        const length = await tcp.read(buffer);
        const bytes = length === null ? null : buffer.slice(0, length);
        const answer = isFirst && bytes !== null ? answerPlainHttp(bytes) : undefined;
        isFirst = false;
        if (answer !== undefined) await tcp.write(answer);
        this.push(answer === undefined ? bytes : null);
      } catch {
        this.push(null);
      }
    },
    async write(chunk: Uint8Array, _encoding, done) {
      try {
        for (let written = 0; written < chunk.length;) {
          written += await tcp.write(chunk.subarray(written));
        }
        done();
      } catch (error) {
        done(error as Error);
      }
    },
    async final(done) {
      await tcp.closeWrite().catch(() => {});
      done();
    },
  });
}

/** A connection of a client that speaks TLS; the handshake happens with the first read. */
export class TlsConnection implements ByteConnection {
  readonly #tcp: Deno.TcpConn;
  readonly #socket: TLSSocket;
  #hasEnded = false;
  #wake: () => void = () => {};

  /** Takes over a connection that has just been accepted. */
  constructor(tcp: Deno.TcpConn, secureContext: SecureContext) {
    this.#tcp = tcp;
    this.#socket = new TLSSocket(toDuplex(tcp), {
      isServer: true,
      secureContext,
      ALPNProtocols: ["http/1.1"],
    });
    const end = () => {
      this.#hasEnded = true;
      this.#wake();
    };
    for (const event of ["end", "close", "error"]) this.#socket.on(event, end);
    this.#socket.on("readable", () => this.#wake());
  }

  /** Reads decrypted bytes; a failed handshake is the end. */
  async read(buffer: Uint8Array): Promise<number | null> {
    for (;;) {
      const chunk: Buffer | null = this.#socket.read();
      if (chunk !== null) return this.#take(chunk, buffer);
      if (this.#hasEnded) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Writes all bytes, encrypted. */
  write(bytes: Uint8Array): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new Deno.errors.BrokenPipe("TLS has ended"));
      const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      this.#socket.write(view, (error) => error ? reject(error) : resolve(bytes.length));
    });
  }

  /** Ends TLS and then the connection below it, for writing. */
  closeWrite(): Promise<void> {
    return new Promise((resolve) => this.#socket.end(() => resolve()));
  }

  /** Ends the connection at once. */
  close(): void {
    this.#hasEnded = true;
    this.#socket.destroy();
    this.#tcp.close();
    this.#wake();
  }

  #take(chunk: Buffer, buffer: Uint8Array): number {
    const length = Math.min(chunk.length, buffer.length);
    buffer.set(chunk.subarray(0, length));
    if (length < chunk.length) this.#socket.unshift(chunk.subarray(length));
    return length;
  }
}
