/** A connection on which a test writes the bytes itself. */

import { connect, type Socket } from "node:net";
import { encodeClose, encodeFrame } from "../../lib/front/frame_header.ts";
import { limited } from "../limited.ts";

/** A WebSocket handshake for a path. */
export function handshake(path: string, host = "127.0.0.1"): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
}

/**
 * The first bytes of a client's frame: its header, and as much of its payload as is given.
 *
 * @param announced Bytes of the payload as the header says
 */
export function beginFrame(
  opcode: number,
  announced: number,
  { isFinal = true, payload = new Uint8Array() } = {},
): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(14);
  header[0] = (isFinal ? 0x80 : 0) | opcode;
  header[1] = 0xff;
  new DataView(header.buffer).setBigUint64(2, BigInt(announced));
  const frame = new Uint8Array(header.length + payload.length);
  frame.set(header);
  frame.set(payload, header.length);
  return frame;
}

/** Resolves after so many milliseconds. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * Waits until something is so.
 *
 * @throws {Error} If it is not in time
 */
export async function until(isSo: () => boolean, timeoutMs = 5000): Promise<void> {
  const startedAt = performance.now();
  while (!isSo()) {
    if (performance.now() - startedAt > timeoutMs) throw new Error(`Not in time: ${isSo}`);
    await sleep(5);
  }
}

/** A client that says and keeps silent as it likes. */
export class RawClient {
  readonly #socket: Socket;
  #received = "";
  /** Resolves when the server has ended the connection, in whatever way. */
  readonly ended: Promise<void>;
  #hasEnded = false;
  #arrived: PromiseWithResolvers<void> = Promise.withResolvers();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("data", (data) => {
      this.#received += data.toString("latin1");
      this.#wake();
    });
    this.ended = new Promise((resolve) => {
      for (const event of ["end", "close"]) {
        socket.once(event, () => {
          this.#hasEnded = true;
          this.#wake();
          resolve();
        });
      }
    });
  }

  /** Connects to a host such as `127.0.0.1:8000`, or to the host of a URL. */
  static async connect(server: string): Promise<RawClient> {
    const { hostname, port } = new URL(server.includes("//") ? server : `http://${server}`);
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return new RawClient(socket);
  }

  /** Connects, and makes a WebSocket of it. */
  static async openWebSocket(server: string, path: string): Promise<RawClient> {
    const client = await RawClient.connect(server);
    client.send(handshake(path));
    await client.receive(/\r\n\r\n/);
    return client;
  }

  /** Everything that has come, a character a byte. */
  get received(): string {
    return this.#received;
  }

  /** Whether the server has ended the connection. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Sends bytes; of a text, a byte a character. */
  send(data: string | Uint8Array): void {
    this.#socket.write(typeof data === "string" ? data : new Uint8Array(data), "latin1");
  }

  /** Sends bytes, and waits until the system has taken them; returns whether the connection still stands. */
  async sendAll(data: Uint8Array): Promise<boolean> {
    await new Promise<void>((resolve) => {
      this.#socket.once("close", resolve);
      this.#socket.write(data, () => {
        this.#socket.off("close", resolve);
        resolve();
      });
    });
    return !this.#socket.destroyed;
  }

  /** Sends a whole frame. */
  sendFrame(opcode: number, payload: Uint8Array = new Uint8Array()): void {
    this.send(encodeFrame(opcode, payload, true));
  }

  /** Sends a close frame. */
  sendClose(code = 1000): void {
    this.send(encodeClose(code, "", true));
  }

  /** Waits until what has come matches, or the connection has ended. */
  async receive(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#received) && !this.#hasEnded) {
      await limited(this.#arrived.promise, String(pattern));
    }
    return this.#received;
  }

  /** Waits so long for the server to end the connection; returns whether it has. */
  async endsWithin(milliseconds: number): Promise<boolean> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<void>((resolve) => timer = setTimeout(resolve, milliseconds));
    await Promise.race([this.ended, timeout]);
    clearTimeout(timer);
    return this.#hasEnded;
  }

  /** Says that nothing more comes (FIN). */
  finish(): void {
    this.#socket.end();
  }

  /** Stops reading. */
  pause(): void {
    this.#socket.pause();
  }

  /** Ends the connection with a reset. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Ends the connection. */
  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #wake(): void {
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }
}
