/** Runs attacks in threads of their own. */

import type { CONNECTION_ATTACKS } from "./connection_attacks.ts";

/** Attacks by their names. */
export type AttackName = keyof typeof CONNECTION_ATTACKS;

/**
 * Attacks until the signal is aborted.
 *
 * @param argument What the attack needs to know, if anything
 * @returns How often it did what it does
 */
export function runAttack(
  name: AttackName,
  url: string,
  signal: AbortSignal,
  argument = "",
): Promise<number> {
  const worker = new Worker(new URL("attack_worker.ts", import.meta.url), { type: "module" });
  return new Promise<number>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
    signal.addEventListener("abort", () => worker.postMessage("stop"));
    worker.postMessage({ name, host: new URL(url).host, argument });
  }).finally(() => worker.terminate());
}
