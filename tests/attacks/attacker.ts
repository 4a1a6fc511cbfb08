/** Attacks from a thread of its own. */

import type { CONNECTION_ATTACKS } from "./connection_attacks.ts";

/** Attacks by their names. */
export type AttackName = keyof typeof CONNECTION_ATTACKS;

/** Somebody who attacks. */
export class Attacker implements Disposable {
  readonly #worker = new Worker(new URL("attack_worker.ts", import.meta.url), { type: "module" });

  private constructor() {}

  /** Starts the thread, which takes a while that would be missing from the first attack. */
  static async start(): Promise<Attacker> {
    const attacker = new Attacker();
    await attacker.#answer();
    return attacker;
  }

  /**
   * Attacks until the signal is aborted.
   *
   * @param url Of the server
   * @param argument What the attack needs to know, if anything
   * @returns How often it did what it does
   */
  async attack(
    name: AttackName,
    url: string,
    signal: AbortSignal,
    argument = "",
  ): Promise<number> {
    const answer = this.#answer();
    signal.addEventListener("abort", () => this.#worker.postMessage("stop"));
    this.#worker.postMessage({ name, host: new URL(url).host, argument });
    return Number(await answer);
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }

  #answer(): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data }) => resolve(data);
      this.#worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(event.message));
      };
    });
  }
}
