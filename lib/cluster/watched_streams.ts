/**
 * Lets viewers of this gateway watch the streams of others.
 *
 * @module
 */

import type { NatsConnection, Subscription } from "@nats-io/transport-node";
import type { Session } from "../protocol/session.ts";
import { Audience, type ViewerTransport } from "../streaming/audience.ts";
import type { RemoteStreams } from "../streaming/remote_streams.ts";
import { readStreamMessage, type Subjects, type WatchMessage } from "./cluster_messages.ts";
import { listen } from "./listen.ts";
import type { SessionLists } from "./session_lists.ts";

/** A stream of another gateway, and who watches it here. */
interface WatchedStream {
  audience: Audience;
  viewers: Set<ViewerTransport>;
  subscription: Subscription | undefined;
}

/** The streams of other gateways: the lists of them, and those that are watched here. */
export class WatchedStreams implements RemoteStreams {
  readonly #id: string;
  readonly #lists: SessionLists;
  readonly #subjects: Subjects;
  readonly #watched = new Map<string, WatchedStream>();
  #connection: NatsConnection | undefined;

  /**
   * Begins with none that is watched.
   *
   * @param id That of this node
   */
  constructor(id: string, lists: SessionLists, subjects: Subjects) {
    this.#id = id;
    this.#lists = lists;
    this.#subjects = subjects;
  }

  /** The streams of the other gateways. */
  list(): Session[] {
    return this.#lists.list();
  }

  /** Lets a viewer watch a stream of another gateway; `undefined` where none has it. */
  watch(
    sessionId: string,
    viewer: ViewerTransport,
    wantsFrames: boolean,
  ): (() => void) | undefined {
    if (!this.#isOpen(sessionId)) return undefined;
    const stream = this.#watched.getOrInsertComputed(sessionId, () => ({
      audience: new Audience(),
      viewers: new Set<ViewerTransport>(),
      subscription: this.#subscribe(sessionId),
    }));
    stream.audience.add(viewer, wantsFrames);
    stream.viewers.add(viewer);
    this.#tell(sessionId, stream);
    return () => {
      stream.audience.delete(viewer);
      stream.viewers.delete(viewer);
      if (this.#watched.get(sessionId) !== stream) return;
      this.#tell(sessionId, stream);
      if (stream.viewers.size > 0) return;
      stream.subscription?.unsubscribe();
      this.#watched.delete(sessionId);
    };
  }

  /** Goes on over another connection. */
  use(connection: NatsConnection): void {
    this.#connection = connection;
    for (const [sessionId, stream] of this.#watched) {
      stream.subscription = this.#subscribe(sessionId);
    }
    this.tell();
  }

  /** Tells the gateways of the streams that they are still watched, and lets go those that have ended; call it every second or two. */
  tell(): void {
    for (const [sessionId, stream] of this.#watched) {
      if (this.#isOpen(sessionId)) this.#tell(sessionId, stream);
      else this.#end(sessionId, stream);
    }
  }

  #isOpen(sessionId: string): boolean {
    return this.list().some(({ session_id }) => session_id === sessionId);
  }

  #subscribe(sessionId: string): Subscription | undefined {
    if (this.#connection === undefined || this.#connection.isClosed()) return undefined;
    const subject = this.#subjects.session(sessionId);
    return listen(this.#connection, subject, readStreamMessage, (message) => {
      const stream = this.#watched.get(sessionId);
      if (stream === undefined) return;
      if ("ended" in message) this.#end(sessionId, stream);
      else stream.audience.send(message.text, message.frame);
    });
  }

  #tell(sessionId: string, { viewers, audience }: WatchedStream): void {
    if (this.#connection === undefined || this.#connection.isClosed()) return;
    const message: WatchMessage = {
      gateway: this.#id,
      sessionId,
      viewers: viewers.size,
      wantsFrames: audience.wantsFrames,
    };
    this.#connection.publish(this.#subjects.watch, JSON.stringify(message));
  }

  #end(sessionId: string, stream: WatchedStream): void {
    this.#watched.delete(sessionId);
    stream.subscription?.unsubscribe();
    stream.audience.close();
  }
}
