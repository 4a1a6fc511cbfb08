/**
 * Publishes the answers of this machine's streams while somebody watches them elsewhere.
 *
 * @module
 */

import type { NatsConnection } from "@nats-io/transport-node";
import type { ViewerTransport } from "../streaming/audience.ts";
import type { StreamSession } from "../streaming/stream_session.ts";
import {
  jsonOf,
  type StreamMessage,
  type Subjects,
  type WatchMessage,
  WatchMessageSchema,
} from "./cluster_messages.ts";
import { listen } from "./listen.ts";
import { encodePacket } from "./packet.ts";

/** Without a word from a gateway for so long, in milliseconds, nobody watches there. */
const LEASE_MS = 6000;

/** The viewers at one gateway. */
interface Lease extends Pick<WatchMessage, "viewers" | "wantsFrames"> {
  until: number;
}

/** All viewers of one stream elsewhere, who are one viewer to the stream. */
class RemoteAudience implements ViewerTransport {
  /** What waits is bounded by the connection itself. */
  readonly bufferedAmount = 0;
  readonly leases = new Map<string, Lease>();
  readonly #publish: (message: StreamMessage) => void;
  #text: string | undefined;
  #frame: Uint8Array<ArrayBuffer> | undefined;

  constructor(publish: (message: StreamMessage) => void) {
    this.#publish = publish;
  }

  /** A result's frame comes right after it, and travels with it. */
  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (typeof data !== "string") {
      this.#frame = data;
      return;
    }
    this.#flush();
    this.#text = data;
    queueMicrotask(() => this.#flush());
  }

  close(): void {
    this.#flush();
    this.#publish({ ended: true });
  }

  #flush(): void {
    const [text, frame] = [this.#text, this.#frame];
    this.#text = this.#frame = undefined;
    if (text !== undefined) this.#publish({ text, ...(frame !== undefined && { frame }) });
  }
}

/** The streams of this machine that are watched elsewhere. */
export class PublishedStreams {
  readonly #find: (id: string) => StreamSession | undefined;
  readonly #subjects: Subjects;
  readonly #watched = new Map<string, { stream: StreamSession; audience: RemoteAudience }>();
  #connection: NatsConnection | undefined;

  /**
   * Begins with none.
   *
   * @param find The stream of an id, while it is on this machine
   */
  constructor(find: (id: string) => StreamSession | undefined, subjects: Subjects) {
    this.#find = find;
    this.#subjects = subjects;
  }

  /** Number of streams that are watched elsewhere. */
  get size(): number {
    return this.#watched.size;
  }

  /** Publishes over a connection from now on. */
  use(connection: NatsConnection): void {
    this.#connection = connection;
    const read = jsonOf(WatchMessageSchema);
    listen(connection, this.#subjects.watch, read, (message) => this.#heard(message));
  }

  /** Forgets the gateways that have said nothing for a while, and the streams that are here no more. */
  sweep(now: number): void {
    for (const [sessionId, { stream, audience }] of this.#watched) {
      const isGone = this.#find(sessionId) !== stream;
      for (const [gateway, { until }] of audience.leases) {
        if (isGone || now > until) this.#lease(sessionId, stream, gateway, undefined);
      }
    }
  }

  #heard({ gateway, sessionId, viewers, wantsFrames }: WatchMessage): void {
    const stream = this.#find(sessionId);
    if (stream === undefined) return;
    const lease = { viewers, wantsFrames, until: performance.now() + LEASE_MS };
    this.#lease(sessionId, stream, gateway, viewers > 0 ? lease : undefined);
  }

  #lease(
    sessionId: string,
    stream: StreamSession,
    gateway: string,
    lease: Lease | undefined,
  ): void {
    const { audience } = this.#watched.getOrInsertComputed(sessionId, () => ({
      stream,
      audience: new RemoteAudience((message) => this.#publish(sessionId, message)),
    }));
    const before = audience.leases.get(gateway)?.viewers ?? 0;
    if (lease === undefined) audience.leases.delete(gateway);
    else audience.leases.set(gateway, lease);
    const viewers = lease?.viewers ?? 0;
    for (let count = before; count < viewers; count++) stream.session.incrementClients();
    for (let count = before; count > viewers; count--) stream.session.decrementClients();
    const leases = [...audience.leases.values()];
    if (leases.length > 0) {
      stream.audience.add(audience, leases.some(({ wantsFrames }) => wantsFrames));
    } else {
      stream.audience.delete(audience);
      this.#watched.delete(sessionId);
    }
  }

  #publish(sessionId: string, message: StreamMessage): void {
    const connection = this.#connection;
    if (connection === undefined || connection.isClosed()) return;
    const limit = connection.info?.max_payload ?? Infinity;
    let packet = encodePacket(message);
    // Viewers get the answer at least.
    if (packet.length > limit && "text" in message) packet = encodePacket({ text: message.text });
    if (packet.length <= limit) connection.publish(this.#subjects.session(sessionId), packet);
  }
}
