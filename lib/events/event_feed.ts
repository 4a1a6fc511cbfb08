/**
 * Events as they come, for programs and pages: server-sent events.
 *
 * @module
 */

import { WakeUp } from "./wake_up.ts";
import type { EventStore } from "./store/event_store.ts";

/** Events that are read from the store at a time. */
const BATCH = 50;

/** How long a client waits before it connects again, in milliseconds. */
const RECONNECT_MS = 3000;

/** Options of {@linkcode EventFeed}. */
export interface EventFeedOptions {
  /** The store, if it is open or an earlier run has left one. */
  findStore: () => Promise<EventStore | undefined>;
  /** After so many milliseconds without an event, a comment shows that the server is there. */
  heartbeatMs: number;
}

/** Some events as clients are told them. */
interface FeedPart {
  text: string;
  /** Of the last of them. */
  lastKey: number;
}

/**
 * Tells events to any number of clients. Each has a place in the store, and reads on from there when it has taken what it got: a
 * slow one gets events later, and nothing is kept for it in memory.
 */
export class EventFeed {
  readonly #options: EventFeedOptions;
  readonly #waits = new Set<WakeUp>();
  readonly #reads = new Map<number, Promise<FeedPart>>();
  #isClosed = false;

  /** Begins without clients. */
  constructor(options: EventFeedOptions) {
    this.#options = options;
  }

  /** Says that there is another event. */
  wake(): void {
    for (const wait of this.#waits) wait.wake();
  }

  /** Ends all streams. */
  close(): void {
    this.#isClosed = true;
    this.wake();
  }

  /**
   * Every event from now on. The first part holds the `id` with which a client goes on whose connection breaks before any event.
   *
   * @param lastId The `id` of the last one that a client got before its connection broke: those after it come first
   * @param sinceMs Without such an id, events from this time on come first, in milliseconds since 1970
   */
  async open(
    lastId: string | null,
    sinceMs?: number,
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const encoder = new TextEncoder();
    const wait = new WakeUp();
    let key = await this.#firstKey(lastId, sinceMs);
    let hasBegun = false;
    let hasLeft = false;
    const leave = () => {
      hasLeft = true;
      this.#waits.delete(wait);
    };
    this.#waits.add(wait);
    const nextPart = async (): Promise<string> => {
      const { text, lastKey } = await this.#read(key).catch((error) => {
        // A stream that breaks off is not cancelled.
        leave();
        throw error;
      });
      key = lastKey;
      return text;
    };
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>) => {
      let part = hasBegun ? "" : `retry: ${RECONNECT_MS}\nid: ${key}\n\n`;
      hasBegun = true;
      for (let hasWaited = false; part === "" && !this.#isClosed && !hasLeft;) {
        part = await nextPart();
        if (part === "" && hasWaited) part = ":\n\n";
        // A call that ends the stream may have come meanwhile, and found nobody waiting.
        if (part !== "" || this.#isClosed || hasLeft) break;
        hasWaited = !await wait.wait(this.#options.heartbeatMs);
      }
      if (hasLeft) return;
      if (this.#isClosed) {
        leave();
        controller.close();
      } else controller.enqueue(encoder.encode(part));
    };
    const cancel = () => {
      leave();
      wait.wake();
    };
    return new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
  }

  /** What comes after a key, read once for all clients that ask for it at a time. */
  #read(key: number): Promise<FeedPart> {
    const known = this.#reads.get(key);
    if (known !== undefined) return known;
    const part = this.#readNow(key).finally(() => this.#reads.delete(key));
    this.#reads.set(key, part);
    return part;
  }

  async #readNow(key: number): Promise<FeedPart> {
    const store = await this.#options.findStore();
    const events = await store?.database.call("after", key, BATCH) ?? [];
    const texts = events.map(({ key, event }) => `id: ${key}\ndata: ${JSON.stringify(event)}\n\n`);
    return { text: texts.join(""), lastKey: events.at(-1)?.key ?? key };
  }

  /** The key after which a client wants the events. */
  async #firstKey(lastId: string | null, sinceMs: number | undefined): Promise<number> {
    const store = await this.#options.findStore();
    if (store === undefined) return 0;
    const newest = await store.database.call("newestKey");
    // A key that is yet to come is of a database that is no longer there.
    if (/^\d{1,15}$/.test(lastId ?? "")) return Math.min(Number(lastId), newest);
    return sinceMs === undefined ? newest : await store.database.call("keyBefore", sinceMs);
  }
}
