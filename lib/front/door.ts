/**
 * The door: takes the connections of clients, bounds them, and passes on what is within the bounds.
 *
 * @module
 */

import { logEvent } from "../telemetry/log.ts";
import { frontMetrics } from "../telemetry/metrics.ts";
import { addressKey } from "./address_key.ts";
import { clientAddressLine } from "./client_address.ts";
import { ClientConnection, type ConnectionOptions } from "./client_connection.ts";
import type { ByteConnection } from "./peer.ts";
import { Quota } from "./quota.ts";
import { RefusedRequest } from "./refused_request.ts";

/** How many of something there may be. */
interface Limit {
  /** Of all clients together. */
  total: number;
  /** Of one address. */
  perAddress: number;
}

/** Options for {@linkcode Door}. */
export interface DoorOptions extends ConnectionOptions {
  /** Where clients connect. */
  listener: Deno.TcpListener;
  /** Connections of clients. */
  connections: Limit;
  /** Requests and WebSockets that are passed on at a time; each takes two descriptors beside that of its client. */
  exchanges: Limit;
  /** Makes of a connection what is read and written, such as the inside of TLS. */
  wrap(connection: Deno.TcpConn): ByteConnection;
}

/** A connection that has been let in. */
interface Guest {
  address: string;
  connection: ClientConnection;
  leavePlace(): void;
}

const NO_ROOM = new RefusedRequest(503, "The server has no room for this connection now").toBytes();
/** How long no connection is taken when descriptors are short, in milliseconds. */
const SHORTAGE_PAUSE_MS = 50;
/** How often it is logged at most that there is no room. */
const LOG_INTERVAL_MS = 60_000;

/** Takes connections from its making on. */
export class Door {
  readonly #options: DoorOptions;
  readonly #connections: Quota;
  readonly #exchanges: Quota;
  readonly #guests = new Set<Guest>();
  /** Those that wait for a request, the longest first. */
  readonly #waiting = new Set<Guest>();
  #isClosed = false;
  #lastLogAt = -Infinity;
  readonly #accepting: Promise<void>;

  /** Opens the door. */
  constructor(options: DoorOptions) {
    this.#options = options;
    this.#connections = new Quota(options.connections);
    this.#exchanges = new Quota(options.exchanges);
    this.#accepting = this.#acceptAll();
  }

  /** Takes no new connections, and ends those that wait for a request; what is under way goes on. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.listener.close();
    for (const { connection } of this.#guests) connection.stop();
    for (const { connection } of this.#waiting) connection.cut();
  }

  /**
   * Closes the door and ends what is under way.
   *
   * @param timeoutMs How long it may take to end by itself
   */
  async stop(timeoutMs: number): Promise<void> {
    this.close();
    await this.#accepting;
    const endsAt = performance.now() + timeoutMs;
    while (this.#guests.size > 0 && performance.now() < endsAt) await sleep(20);
    for (const { connection } of this.#guests) connection.cut();
  }

  async #acceptAll(): Promise<void> {
    while (!this.#isClosed) {
      try {
        const wasFull = !this.#admit(await this.#options.listener.accept());
        // A descriptor that was given up for another comes back only in the next turn of the event loop.
        if (wasFull) await sleep(0);
      } catch (error) {
        if (this.#isClosed || error instanceof Deno.errors.BadResource) return;
        // Anything else was a connection that is gone already.
        if (isShortage(error)) await this.#bearShortage();
      }
    }
  }

  /** Lets a connection in, if there is room or room can be made; returns whether there was room. */
  #admit(tcp: Deno.TcpConn): boolean {
    sendAtOnce(tcp);
    const address = addressKey(tcp.remoteAddr.hostname);
    const reached = this.#connections.look(address);
    if (reached !== "free") this.#makeRoom(reached === "address" ? address : undefined);
    const leavePlace = this.#connections.take(address);
    if (leavePlace !== undefined) {
      this.#serve(tcp, address, leavePlace);
    } else {
      this.#noteShortage("The limit of connections is reached", `${reached}_limit`);
      this.#turnAway(tcp);
    }
    return reached === "free";
  }

  async #serve(tcp: Deno.TcpConn, address: string, leavePlace: () => void): Promise<void> {
    const guest: Guest = {
      address,
      leavePlace,
      connection: new ClientConnection(this.#options.wrap(tcp), this.#optionsFor(tcp), {
        setWaiting: (isWaiting) => {
          if (isWaiting) this.#waiting.add(guest);
          else this.#waiting.delete(guest);
        },
        takePlace: () => this.#exchanges.take(address),
      }),
    };
    this.#guests.add(guest);
    frontMetrics.connections.set(this.#guests.size);
    try {
      await guest.connection.run();
    } catch (error) {
      const cause = String(error);
      logEvent("error", "server_error", "A connection failed unexpectedly", { cause });
    } finally {
      this.#guests.delete(guest);
      frontMetrics.connections.set(this.#guests.size);
      leavePlace();
    }
  }

  #optionsFor({ remoteAddr }: Deno.TcpConn): ConnectionOptions {
    const { forward, ...options } = this.#options;
    const extraLines = clientAddressLine(remoteAddr) + forward.extraLines;
    return { ...options, forward: { ...forward, extraLines } };
  }

  /**
   * Cuts the connection that has waited for a request the longest.
   *
   * @param address Whose; anybody's by default
   */
  #makeRoom(address?: string): void {
    const guest = this.#waiting.values().find((each) =>
      address === undefined || each.address === address
    );
    if (guest === undefined) return;
    this.#waiting.delete(guest);
    guest.connection.cut();
    guest.leavePlace();
  }

  /** Tells a client that there is no room, where that takes no handshake. */
  async #turnAway(tcp: Deno.TcpConn): Promise<void> {
    try {
      if (this.#options.forward.scheme === "http") await tcp.write(NO_ROOM);
    } catch {
      // It has gone already.
    } finally {
      tcp.close();
    }
  }

  /** The process has as many files open as it may: some of those who wait have to go. */
  async #bearShortage(): Promise<void> {
    this.#noteShortage("The process has no file descriptor left", "descriptors");
    for (let count = Math.ceil(this.#waiting.size / 4); count > 0; count -= 1) this.#makeRoom();
    await sleep(SHORTAGE_PAUSE_MS);
  }

  #noteShortage(message: string, reason: string): void {
    frontMetrics.refusals.inc({ reason });
    const now = performance.now();
    if (now - this.#lastLogAt < LOG_INTERVAL_MS) return;
    this.#lastLogAt = now;
    logEvent("warning", "connection_limit", message, { reason, connections: this.#guests.size });
  }
}

/** Small answers must not wait for the acknowledgement of those before (Nagle's algorithm). */
function sendAtOnce(tcp: Deno.TcpConn): void {
  try {
    tcp.setNoDelay();
  } catch {
    // It has been reset already, which the first read will tell.
  }
}

/** Whether there are too many open files, in this process or the system, or no memory for one more. */
function isShortage(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"].includes(code);
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
