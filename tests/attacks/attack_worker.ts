/** Runs attacks in a thread of its own, so that they do not slow down the clients that are measured. */

import { CONNECTION_ATTACKS } from "./connection_attacks.ts";

/** An attack that is to begin, or the end of the one that is under way. */
type Order =
  | { name: keyof typeof CONNECTION_ATTACKS; host: string; argument: string }
  | "stop";

let stopped = new AbortController();

self.onmessage = async ({ data }: MessageEvent<Order>) => {
  if (data === "stop") return stopped.abort();
  stopped = new AbortController();
  const { name, host, argument } = data;
  self.postMessage(await CONNECTION_ATTACKS[name](host, stopped.signal, argument));
};

self.postMessage("ready");
