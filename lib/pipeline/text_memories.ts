import type { TextMemory } from "./worker_tasks.ts";

const NOTHING: TextMemory = { lines: [], searched: undefined };

/** What is known of the text of one stream, for each of its nodes that read. */
export class StreamText {
  readonly #byNodes = new Map<string, TextMemory>();

  /** What is known for nodes that run together, by their ids; empty before they have run. */
  get(nodes: readonly string[]): TextMemory {
    return this.#byNodes.get(JSON.stringify(nodes)) ?? NOTHING;
  }

  /** Keeps what the nodes know now. */
  set(nodes: readonly string[], memory: TextMemory): void {
    this.#byNodes.set(JSON.stringify(nodes), memory);
  }
}

/** What is known of the text of all streams that have not ended; the workers that read keep nothing. */
export class TextMemories {
  readonly #sessions = new Map<string, StreamText>();

  /**
   * That of a stream. Ask when a frame begins: one that is still under way when its session ends then leaves nothing behind.
   */
  of(sessionId: string): StreamText {
    return this.#sessions.getOrInsertComputed(sessionId, () => new StreamText());
  }

  /** Forgets a stream. */
  endSession(sessionId: string): void {
    this.#sessions.delete(sessionId);
  }
}
