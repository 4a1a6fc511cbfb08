/**
 * Fetches files the way npm would on this machine: with its proxy, certificates and token.
 *
 * @module
 */

import { type MachineNetwork, readMachineNetwork, toDenoVariables } from "./machine_network.ts";

/** A connection on which nothing comes for so long is given up, in milliseconds. */
const IDLE_TIMEOUT_MS = 30_000;

/** Options for {@linkcode download}. */
export interface DownloadOptions {
  /** Media types for the `Accept` header. */
  accept?: string;
  /**
   * Longest wait for the next piece, in milliseconds.
   *
   * @default {30000}
   */
  idleTimeoutMs?: number;
}

/**
 * Fetches a file, piece by piece; whoever stops asking for pieces ends the transfer.
 *
 * @throws {TypeError} If the server cannot be reached
 * @throws {DOMException} A `TimeoutError` if nothing comes for too long
 * @throws {Error} If the server answers with anything but success
 */
export async function* download(
  url: URL,
  { accept, idleTimeoutMs = IDLE_TIMEOUT_MS }: DownloadOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const network = readMachineNetwork(Deno.env.toObject(), Deno.cwd());
  using client = await openClient(network);
  const idle = new AbortController();
  const giveUp = () => idle.abort(new DOMException("Nothing came for too long", "TimeoutError"));
  let timer = setTimeout(giveUp, idleTimeoutMs);
  try {
    const headers = new Headers(accept === undefined ? {} : { accept });
    const token = tokenFor(url, network.tokens);
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    const init: RequestInit & { client: Deno.HttpClient } = {
      client,
      headers,
      signal: idle.signal,
    };
    const response = await fetch(url, init);
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new Error(`the server answered ${response.status}`);
    }
    for await (const chunk of response.body) {
      clearTimeout(timer);
      yield chunk;
      timer = setTimeout(giveUp, idleTimeoutMs);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** A client that trusts what the machine trusts; Deno takes the proxy from the environment. */
async function openClient(network: MachineNetwork): Promise<Deno.HttpClient> {
  const variables = toDenoVariables(network, Deno.env.toObject());
  for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
  const caCerts = await Promise.all(
    network.certificateFiles.map((path) => Deno.readTextFile(path).catch(() => "")),
  );
  return Deno.createHttpClient({ caCerts: caCerts.filter((text) => text !== "") });
}

/** The token of the longest address in npm's settings that a URL lies below, and so of no other server. */
function tokenFor(url: URL, tokens: ReadonlyMap<string, string>): string | undefined {
  const address = `//${url.host}${url.pathname}`;
  const [longest] = [...tokens].filter(([prefix]) => address.startsWith(prefix))
    .sort(([a], [b]) => b.length - a.length);
  return longest?.[1];
}
