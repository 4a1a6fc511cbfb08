/**
 * A client's connection from the first byte to the last.
 *
 * @module
 */

import { frontMetrics } from "../telemetry/metrics.ts";
import { Deadline } from "./deadline.ts";
import { Exchange } from "./exchange.ts";
import { findHeadEnd } from "./head_lines.ts";
import type { LargeMessages } from "./large_messages.ts";
import type { ConnectionLimits } from "./limits.ts";
import { messageRuleFor } from "./message_rule.ts";
import { type ByteConnection, Peer, PeerGoneError } from "./peer.ts";
import { RefusedRequest } from "./refused_request.ts";
import {
  checkHeadStart,
  forwardedHead,
  type ForwardOptions,
  parseRequestHead,
  type RequestHead,
} from "./request_head.ts";
import type { UnfinishedMessages } from "./unfinished_messages.ts";
import { WebSocketTunnel } from "./web_socket_tunnel.ts";

/** What all connections of a door share. */
export interface ConnectionOptions {
  /** Times and sizes. */
  limits: ConnectionLimits;
  /** How the application is to see requests. */
  forward: ForwardOptions;
  /** Bytes of the largest frame of a stream. */
  maxFrameBytes: number;
  /** The path below which the server is as well; empty for none. */
  basePath: string;
  /** The half-sent WebSocket messages of all connections. */
  unfinished: UnfinishedMessages;
  /** The large ones among them. */
  large: LargeMessages;
  /** Connects to the server. */
  connect(): Promise<ByteConnection>;
}

/** What one connection asks of its door. */
export interface ConnectionHooks {
  /** Told when the connection begins and ends to wait for a request, in which time it may be cut to make room. */
  setWaiting(isWaiting: boolean): void;
  /** Takes a place for a request that is passed on; gives it back, or `undefined` if there is none. */
  takePlace(): (() => void) | undefined;
}

/** How long, and how much, a client that was refused may go on sending before it is cut. */
const LEAVE_MS = 2000;
const LEAVE_BYTES = 1_048_576;

/** Serves the requests of one client, one after the other. */
export class ClientConnection {
  readonly #client: Peer;
  readonly #options: ConnectionOptions;
  readonly #hooks: ConnectionHooks;
  readonly #tooLate = new Deadline(() => this.#expire());
  readonly #servers = new Set<Peer>();
  #isStopping = false;
  #isTooLate = false;

  /** Takes over a connection that has just been accepted. */
  constructor(connection: ByteConnection, options: ConnectionOptions, hooks: ConnectionHooks) {
    this.#client = new Peer(connection, options.limits.writeTimeoutMs);
    this.#options = options;
    this.#hooks = hooks;
  }

  /** Serves until either side ends the connection; never rejects but for a fault of the door itself. */
  async run(): Promise<void> {
    try {
      let isFirst = true;
      while (!this.#isStopping) {
        const head = await this.#readHead(isFirst);
        if (head === undefined || !(await this.#pass(head))) break;
        isFirst = false;
      }
      await this.#client.leave(LEAVE_MS, LEAVE_BYTES);
    } catch (error) {
      if (error instanceof RefusedRequest) await this.#answer(error);
      else if (!(error instanceof PeerGoneError)) throw error;
    } finally {
      this.#tooLate.dispose();
      this.#client.cut();
    }
  }

  /** Ends the connection once the request that is under way has been answered. */
  stop(): void {
    this.#isStopping = true;
  }

  /** Ends the connection at once. */
  cut(): void {
    this.#client.cut();
    for (const server of this.#servers) server.cut();
  }

  /** Waits for a request; `undefined` if the client has gone, or has taken too long. */
  async #readHead(isFirst: boolean): Promise<RequestHead | undefined> {
    const { headTimeoutMs, idleTimeoutMs, maxHeadBytes } = this.#options.limits;
    const client = this.#client;
    this.#hooks.setWaiting(true);
    const isIdle = !isFirst && client.available.length === 0;
    this.#tooLate.set(isIdle ? idleTimeoutMs : headTimeoutMs);
    try {
      let length = findHeadEnd(client.available);
      while (length === -1 && client.available.length <= maxHeadBytes) {
        const searched = client.available.length;
        if (!(await client.fill()) || this.#isTooLate) return undefined;
        if (isIdle && searched === 0) this.#tooLate.set(headTimeoutMs);
        checkHeadStart(client.available);
        length = findHeadEnd(client.available, searched);
      }
      if (length === -1 || length > maxHeadBytes) {
        throw new RefusedRequest(431, `The head exceeds the limit of ${maxHeadBytes} bytes`);
      }
      const head = parseRequestHead(client.available.subarray(0, length));
      client.consume(length);
      return head;
    } finally {
      this.#hooks.setWaiting(false);
      this.#tooLate.clear();
    }
  }

  /** The time for a head is over; whoever has begun one is told. */
  #expire(): void {
    this.#isTooLate = true;
    if (this.#client.available.length === 0) this.#client.cut();
    else this.#answer(new RefusedRequest(408, "The head of the request came too slowly"));
  }

  async #answer(refusal: RefusedRequest): Promise<void> {
    frontMetrics.refusals.inc({ reason: refusal.code });
    try {
      await this.#client.write(refusal.toBytes());
    } catch {
      // It has gone already.
    }
    await this.#client.leave(LEAVE_MS, LEAVE_BYTES);
  }

  /** Passes a request on; returns whether another may follow. */
  async #pass(head: RequestHead): Promise<boolean> {
    const { connect, forward, maxFrameBytes, basePath, ...options } = this.#options;
    const leavePlace = this.#hooks.takePlace();
    if (leavePlace === undefined) throw overloaded();
    let server: Peer;
    try {
      server = new Peer(await connect());
    } catch {
      leavePlace();
      throw overloaded();
    }
    this.#servers.add(server);
    try {
      const exchange = new Exchange(this.#client, server, head, options.limits);
      const outcome = await exchange.run(forwardedHead(head, forward));
      if (outcome === "web_socket") {
        const rule = messageRuleFor(head.target, maxFrameBytes, basePath);
        await new WebSocketTunnel(this.#client, server, { ...options, rule }).run();
      }
      return outcome === "next";
    } finally {
      this.#leave(server).then(leavePlace);
    }
  }

  /** Never by a reset: a server whose upgrade is reset before it is complete loses a descriptor for good. */
  async #leave(server: Peer): Promise<void> {
    await server.leave(this.#options.limits.closeTimeoutMs, Infinity);
    this.#servers.delete(server);
  }
}

function overloaded(): RefusedRequest {
  return new RefusedRequest(503, "The server has no room for this request now");
}
