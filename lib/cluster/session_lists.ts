/**
 * The lists of the streams of all gateways, in a key-value bucket of JetStream.
 *
 * @module
 */

import { jetstream } from "@nats-io/jetstream";
import { type KV, type KvEntry, Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import * as v from "valibot";
import { type Session, SessionSchema } from "../protocol/session.ts";
import type { SessionRegistry } from "../streaming/session_registry.ts";
import { makeOnce } from "./races.ts";

/** After so long without being written anew a list is gone, in milliseconds. */
const LIST_TTL_MS = 6000;
/** Time between two writes, in milliseconds. */
const WRITE_MS = 2000;
/** Sessions that come or go within this time, in milliseconds, are written at once. */
const GATHER_MS = 50;

/** Writes which streams are open here, and reads which are open elsewhere. */
export class SessionLists {
  readonly #id: string;
  readonly #registry: SessionRegistry;
  readonly #others = new Map<string, { sessions: readonly Session[]; heardAt: number }>();
  readonly #unsubscribe: () => void;
  #bucket: KV | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hasWritten = false;
  #mostBytes = Infinity;
  #problem: string | undefined;

  /**
   * Begins with the streams of this gateway only.
   *
   * @param id That of this node
   */
  constructor(id: string, registry: SessionRegistry) {
    this.#id = id;
    this.#registry = registry;
    this.#unsubscribe = registry.subscribe(({ type }) => {
      if (type !== "state") this.#writeIn(GATHER_MS);
    });
  }

  /** The streams of the other gateways. */
  list(): Session[] {
    const now = performance.now();
    return [...this.#others.values()].filter(({ heardAt }) => now - heardAt < LIST_TTL_MS)
      .flatMap(({ sessions }) => sessions);
  }

  /** Whether the lists are kept over a connection. */
  get isOpen(): boolean {
    return this.#bucket !== undefined;
  }

  /** Why the other gateways do not see the streams of this one, in a sentence; `undefined` where they do. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Notes that the connection has ended; what others told last goes on for a moment. */
  close(): void {
    this.#bucket = undefined;
  }

  /**
   * Keeps the lists over a connection from now on.
   *
   * @throws If JetStream is not there
   */
  async use(connection: NatsConnection, cluster: string): Promise<void> {
    this.#bucket = undefined;
    const bucket = await makeOnce(() =>
      new Kvm(jetstream(connection)).create(`livesyte_${cluster}_sessions`, {
        ttl: LIST_TTL_MS,
        history: 1,
        storage: "memory",
      })
    );
    const entries = await bucket.watch();
    this.#bucket = bucket;
    this.#mostBytes = connection.info?.max_payload ?? Infinity;
    this.#writeIn(0);
    void this.#read(entries);
  }

  /** Takes the list of this gateway away. */
  async stop(): Promise<void> {
    this.#unsubscribe();
    clearTimeout(this.#timer);
    const bucket = this.#bucket;
    this.#bucket = undefined;
    if (this.#hasWritten) await bucket?.delete(this.#id).catch(() => {});
  }

  async #read(entries: AsyncIterable<KvEntry>): Promise<void> {
    try {
      for await (const entry of entries) {
        if (entry.key === this.#id) continue;
        if (entry.operation !== "PUT") this.#others.delete(entry.key);
        else this.#others.set(entry.key, { sessions: readList(entry), heardAt: performance.now() });
      }
    } catch {
      // The connection has ended; the next one reads anew.
    }
  }

  #writeIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#write(), ms);
  }

  async #write(): Promise<void> {
    const bucket = this.#bucket;
    if (bucket === undefined) return;
    const sessions = this.#registry.list();
    const text = new TextEncoder().encode(JSON.stringify(sessions));
    this.#problem = text.length <= this.#mostBytes
      ? undefined
      : `The list of ${sessions.length} streams takes ${text.length} bytes, more than NATS takes, so other servers ` +
        "do not see them: raise max_payload in the configuration of nats-server";
    try {
      if (this.#problem === undefined && sessions.length > 0) await bucket.put(this.#id, text);
      else if (this.#hasWritten) await bucket.delete(this.#id);
      this.#hasWritten = this.#problem === undefined && sessions.length > 0;
    } catch {
      // Without a connection; the next list is written over the next one.
    }
    if (bucket === this.#bucket && sessions.length > 0) this.#writeIn(WRITE_MS);
  }
}

/** The streams in a list, without what other programs, or later versions, have written there. */
function readList(entry: KvEntry): Session[] {
  try {
    const list: unknown = entry.json();
    return Array.isArray(list) ? list.filter((each) => v.is(SessionSchema, each)) : [];
  } catch {
    return [];
  }
}
