import { checkOptions, INFO, type Server, type Transport } from "@nats-io/transport-node";
import type { ConnectionOptions } from "@nats-io/transport-node";

/** Bytes that are asked for at a time. */
const READ_BYTES = 65_536;
/** Longest greeting of a server, in bytes. */
const MAX_GREETING_BYTES = 65_536;

/** What a server says of itself before anything else, as far as it matters here. */
type Greeting = Parameters<typeof checkOptions>[0];

/**
 * The bytes between the NATS client and a server, over Deno's own sockets.
 *
 * The client's transport for Node leaves sockets without a handler of errors, and Deno ends the process when one of those is reset
 * by a server that refuses the credentials or is killed.
 */
export class DenoTransport implements Transport {
  /** What the server is told that this client is written in. */
  readonly lang = "deno";
  /** Version of the packages that speak the protocol. */
  readonly version = "3.4.0";
  /** Why the connection ended; not there if it was closed from here. */
  closeError?: Error;
  #connection: Deno.TcpConn | Deno.TlsConn | undefined;
  #isConnected = false;
  #isEncrypted = false;
  #isClosed = false;
  #greeting = new Uint8Array();
  #written: Promise<unknown> = Promise.resolve();
  readonly #closed = Promise.withResolvers<void | Error>();

  /** Whether the connection has ended. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether TLS protects the connection. */
  isEncrypted(): boolean {
    return this.#isEncrypted;
  }

  /**
   * Connects, and begins TLS where the server wants it, or offers it and the options ask for it.
   *
   * @throws If the server cannot be reached, is no NATS server, or has a certificate that is not trusted
   */
  async connect(server: Server, options: ConnectionOptions): Promise<void> {
    const { hostname, port, tlsName } = server;
    const connection = await Deno.connect({ hostname, port });
    this.#connection = connection;
    try {
      connection.setNoDelay(true);
      const greeting = await this.#readGreeting(connection);
      checkOptions(greeting, options);
      const { tls_required: isRequired, tls_available: isAvailable } = greeting;
      if (options.tls && !isRequired && !isAvailable) throw new Error("the server has no TLS");
      if (isRequired || isAvailable && options.tls) {
        const encrypted = await Deno.startTls(connection, { hostname: tlsName || hostname });
        this.#connection = encrypted;
        await encrypted.handshake();
        this.#isEncrypted = true;
      }
      this.#isConnected = true;
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  /** Everything that the server sends, as it comes. */
  async *[Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    yield this.#greeting;
    try {
      while (!this.#isClosed) {
        // A new one each time, since messages are views of it.
        const buffer = new Uint8Array(READ_BYTES);
        const length = await this.#connection?.read(buffer) ?? null;
        if (length === null) break;
        yield buffer.subarray(0, length);
      }
      this.#end();
    } catch (error) {
      this.#end(error);
    }
  }

  /** Sends bytes after those before. */
  send(frame: Uint8Array): void {
    this.#written = this.#written.then(() => this.#write(frame)).catch((error) => this.#end(error));
  }

  /** Ends the connection once all has been sent; at once if there was an error. */
  async close(error?: Error): Promise<void> {
    if (error === undefined) await this.#written;
    this.#end(error);
  }

  /** Ends the connection once all has been sent. */
  disconnect(): void {
    void this.close();
  }

  /** Resolves when a connection that was made has ended. */
  closed(): Promise<void | Error> {
    return this.#closed.promise;
  }

  /** Ends the connection at once. */
  discard(): void {
    this.#end();
  }

  async #readGreeting(connection: Deno.Conn): Promise<Greeting> {
    const decoder = new TextDecoder();
    while (this.#greeting.length < MAX_GREETING_BYTES) {
      const buffer = new Uint8Array(READ_BYTES);
      const length = await connection.read(buffer);
      if (length === null) break;
      this.#greeting = joined(this.#greeting, buffer.subarray(0, length));
      const text = decoder.decode(this.#greeting);
      if (!text.includes("\r\n")) continue;
      const [, json] = INFO.exec(text) ?? [];
      if (json === undefined) break;
      return JSON.parse(json);
    }
    throw new Error("it is no NATS server");
  }

  async #write(frame: Uint8Array): Promise<void> {
    for (let written = 0; written < frame.length && this.#connection && !this.#isClosed;) {
      written += await this.#connection.write(frame.subarray(written));
    }
  }

  #end(error?: unknown): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (error instanceof Error) this.closeError = error;
    try {
      this.#connection?.close();
    } catch {
      // TLS may have closed it already.
    }
    // The client takes this for the loss of a connection, and would hide why none was made.
    if (this.#isConnected) this.#closed.resolve(this.closeError);
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
