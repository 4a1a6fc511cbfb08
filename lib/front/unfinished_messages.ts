/**
 * The memory that half-sent messages hold in the server.
 *
 * @module
 */

/** A sender that can be ended. */
export interface Sender {
  /** Ends it because there is no room for what it has sent. */
  overload(): void;
}

/** What a half-sent message holds. */
interface Holding {
  /** Bytes as announced, for which the server sets memory aside at once. */
  bytes: number;
  /** When it began, by `performance.now()`. */
  since: number;
}

/**
 * Adds up the messages that have begun to come and have not ended, of all senders.
 *
 * When they hold too much together, the one goes that has held the most for the longest, bytes times milliseconds: neither a
 * small frame from a slow line nor a large one that comes at once is ever that, beside somebody who holds memory on purpose.
 */
export class UnfinishedMessages {
  readonly #maxBytes: number;
  readonly #holdings = new Map<Sender, Holding>();
  #total = 0;

  /** Begins with none. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Notes what a sender's unfinished message holds now. */
  set(sender: Sender, holding: Holding): void {
    this.#total += holding.bytes - (this.#holdings.get(sender)?.bytes ?? 0);
    this.#holdings.set(sender, holding);
    while (this.#total > this.#maxBytes) {
      const greediest = this.#greediest();
      if (greediest === undefined) return;
      this.delete(greediest);
      greediest.overload();
    }
  }

  /** Notes that a sender has no unfinished message any more. */
  delete(sender: Sender): void {
    this.#total -= this.#holdings.get(sender)?.bytes ?? 0;
    this.#holdings.delete(sender);
  }

  #greediest(): Sender | undefined {
    const now = performance.now();
    let greediest: Sender | undefined;
    let most = -1;
    for (const [sender, { bytes, since }] of this.#holdings) {
      const held = bytes * (now - since);
      if (held > most) [greediest, most] = [sender, held];
    }
    return greediest;
  }
}
