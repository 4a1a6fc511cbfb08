/** Runs one attack in a thread of its own, so that it does not slow down the clients that are measured. */

import { CONNECTION_ATTACKS } from "./connection_attacks.ts";

/** What to do. */
interface Order {
  name: keyof typeof CONNECTION_ATTACKS;
  host: string;
  argument: string;
}

const stopped = new AbortController();

self.onmessage = async ({ data }: MessageEvent<Order | "stop">) => {
  if (data === "stop") return stopped.abort();
  const { name, host, argument } = data;
  self.postMessage(await CONNECTION_ATTACKS[name](host, stopped.signal, argument));
};
