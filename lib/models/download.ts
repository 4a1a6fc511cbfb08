/**
 * Fetches files the way npm, or pip, would on this machine: with its proxy, certificates and token or password.
 *
 * @module
 */

import { type MachineNetwork, readMachineNetwork, toDenoVariables } from "./machine_network.ts";
import type { PipSettings } from "./pip_settings.ts";

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
  /** The part of the file to be fetched, in bytes; all of it where it is left out. */
  range?: { offset: number; length: number };
  /** Pip's settings, for what comes from its index. */
  pip?: PipSettings;
}

/** A server gives whole files only. */
export class NoRangesError extends Error {}

/**
 * Fetches a file, piece by piece; whoever stops asking for pieces ends the transfer.
 *
 * @throws {TypeError} If the server cannot be reached
 * @throws {DOMException} A `TimeoutError` if nothing comes for too long
 * @throws {NoRangesError} If a part is asked for, and the server answers with another
 * @throws {Error} If the server answers with anything but success
 */
export async function* download(
  url: URL,
  { accept, idleTimeoutMs = IDLE_TIMEOUT_MS, range, pip }: DownloadOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const network = readMachineNetwork(Deno.env.toObject(), Deno.cwd());
  using client = await openClient(network, pip);
  const idle = new AbortController();
  const giveUp = () => idle.abort(new DOMException("Nothing came for too long", "TimeoutError"));
  let timer = setTimeout(giveUp, idleTimeoutMs);
  try {
    const headers = new Headers(accept === undefined ? {} : { accept });
    const authorization = authorizationFor(url, network);
    if (authorization !== undefined) headers.set("authorization", authorization);
    if (range !== undefined) headers.set("range", toRange(range));
    const init: RequestInit & { client: Deno.HttpClient } = {
      client,
      headers,
      signal: idle.signal,
    };
    const response = await fetch(withoutPassword(url), init);
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new Error(`the server answered ${response.status}`);
    }
    if (range !== undefined && response.status !== 206) {
      await response.body.cancel();
      throw new NoRangesError("the server gives whole files only");
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
async function openClient(
  network: MachineNetwork,
  pip: PipSettings | undefined,
): Promise<Deno.HttpClient> {
  const variables = toDenoVariables(network, Deno.env.toObject());
  for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
  const caCerts = await Promise.all(
    [...network.certificateFiles, ...pip?.certificateFiles ?? []]
      .map((path) => Deno.readTextFile(path).catch(() => "")),
  );
  return Deno.createHttpClient({
    caCerts: caCerts.filter((text) => text !== ""),
    ...(pip?.proxy !== undefined && { proxy: { url: pip.proxy } }),
  });
}

/** HTTP counts the last byte in. */
function toRange({ offset, length }: { offset: number; length: number }): string {
  return `bytes=${offset}-${offset + length - 1}`;
}

function authorizationFor(url: URL, { tokens }: MachineNetwork): string | undefined {
  if (url.username !== "") {
    const [name, password] = [url.username, url.password].map(decodeURIComponent);
    return `Basic ${btoa(`${name}:${password}`)}`;
  }
  const token = tokenFor(url, tokens);
  return token === undefined ? undefined : `Bearer ${token}`;
}

/** The same address as `fetch` takes it. */
function withoutPassword(url: URL): URL {
  const bare = new URL(url);
  [bare.username, bare.password] = ["", ""];
  return bare;
}

/** The token of the longest address in npm's settings that a URL lies below, and so of no other server. */
function tokenFor(url: URL, tokens: ReadonlyMap<string, string>): string | undefined {
  const address = `//${url.host}${url.pathname}`;
  const [longest] = [...tokens].filter(([prefix]) => address.startsWith(prefix))
    .sort(([a], [b]) => b.length - a.length);
  return longest?.[1];
}
