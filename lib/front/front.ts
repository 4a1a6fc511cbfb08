/**
 * Everything between the network and the application.
 *
 * @module
 */

import type { Config } from "../config.ts";
import { AppServer, type ErrorHandler, type Handler, type Transport } from "./app_server.ts";
import { Certificate } from "./certificate.ts";
import { Door } from "./door.ts";
import { fileLimit, shareFiles } from "./file_limit.ts";
import { LargeMessages } from "./large_messages.ts";
import { CONNECTION_LIMITS, type ConnectionLimits } from "./limits.ts";
import { TlsConnection } from "./tls_connection.ts";
import { UnfinishedMessages } from "./unfinished_messages.ts";

/** What the half-sent messages of all WebSockets may hold together, in bytes, of which the large ones may hold half. */
const UNFINISHED_BYTES = 64 * 1_048_576;
/** So many large messages may come at a time at least, however large they may be. */
const LEAST_LARGE = 4;
/** How long a large message may take while others wait, in milliseconds. */
const LARGE_GRACE_MS = 2000;

/** Options for {@linkcode openFront}. */
export interface FrontOptions {
  /** The settings of the server. */
  config: Pick<Config, "basePath" | "front" | "stream" | "video">;
  /** Answers the requests. */
  handler: Handler;
  /** Answers where the handler cannot. */
  onError?: ErrorHandler;
  /** Times and sizes, where they are not the usual ones. */
  limits?: Partial<ConnectionLimits>;
  /** How the door reaches the application. */
  transport?: Transport;
}

/** The door and what is behind it. */
export interface Front {
  /** Such as `https://localhost:8000/`; one that can be opened on this machine. */
  url: string;
  /** Takes no new connections; what is under way goes on. */
  close(): void;
  /** Ends everything; what is under way may take so many milliseconds to end by itself. */
  stop(timeoutMs: number): Promise<void>;
}

/** The address to open in a browser on this machine, for a server that listens on `address`. */
export function urlOf(scheme: "http" | "https", { hostname, port }: Deno.NetAddr): string {
  const isAny = hostname === "0.0.0.0" || hostname === "::";
  const host = isAny ? "localhost" : hostname.includes(":") ? `[${hostname}]` : hostname;
  return `${scheme}://${host}:${port}/`;
}

/**
 * Serves an application behind the door.
 *
 * @param listener Where clients connect; closed with the door, and if this fails
 * @throws {CertificateError} If there is to be TLS and its certificate cannot be used
 */
export async function openFront(
  listener: Deno.TcpListener,
  { config, limits, ...options }: FrontOptions,
): Promise<Front> {
  const { front, stream, video } = config;
  let certificate: Certificate | undefined;
  let server: AppServer;
  try {
    if (front.tls !== undefined) {
      certificate = await Certificate.open(front.tls, video.dataDirectory);
    }
    server = await AppServer.start(options);
  } catch (error) {
    listener.close();
    certificate?.[Symbol.dispose]();
    throw error;
  }
  const scheme = certificate === undefined ? "http" : "https";
  const url = urlOf(scheme, listener.addr as Deno.NetAddr);
  const large = Math.max(LEAST_LARGE, Math.floor(UNFINISHED_BYTES / 2 / stream.maxFrameBytes));
  const door = new Door({
    ...shareFiles(await fileLimit(), front),
    listener,
    limits: { ...CONNECTION_LIMITS, ...limits },
    forward: {
      scheme,
      fallbackHost: url.slice(`${scheme}://`.length, -1),
      extraLines: server.requiredLines,
    },
    maxFrameBytes: stream.maxFrameBytes,
    basePath: config.basePath,
    unfinished: new UnfinishedMessages(
      Math.max(UNFINISHED_BYTES, 2 * large * stream.maxFrameBytes),
    ),
    large: new LargeMessages(large, LARGE_GRACE_MS),
    connect: () => server.connect(),
    wrap: (tcp) => certificate === undefined ? tcp : new TlsConnection(tcp, certificate.context),
  });
  return {
    url,
    close: () => door.close(),
    async stop(timeoutMs) {
      await door.stop(timeoutMs);
      certificate?.[Symbol.dispose]();
      await server.stop();
    },
  };
}
