/**
 * The application's own HTTP server, which only this process reaches.
 *
 * @module
 */

import { logEvent } from "../telemetry/log.ts";
import { withClientAddress } from "./client_address.ts";
import { makeSocketFolder, type SocketFolder } from "./socket_folder.ts";

/** What answers requests, as `Deno.serve` takes it. */
export type Handler = (
  request: Request,
  info: Deno.ServeHandlerInfo,
) => Response | Promise<Response>;

/** What answers where a handler has failed, or could not be asked, as `Deno.serve` takes it. */
export type ErrorHandler = (error: unknown) => Response | Promise<Response>;

/** How the door reaches the application: a Unix socket, or loopback and a secret where there are none. */
export type Transport = "unix" | "loopback";

/** Options for {@linkcode AppServer.start}. */
export interface AppServerOptions {
  /** Answers the requests. */
  handler: Handler;
  /** Answers where the handler cannot; Deno by default. */
  onError?: ErrorHandler;
  /** Unix sockets by default, where the system has them and a folder for them can be made. */
  transport?: Transport;
}

/** Carries the secret, in requests that come through the door. */
const SECRET_HEADER = "x-livesyte-door";
/** How long to wait before listening again, in milliseconds. */
const RESTART_PAUSE_MS = 100;

/** Serves the application behind the door, and listens again should `Deno.serve` ever end. */
export class AppServer {
  readonly #options: AppServerOptions;
  readonly #folder: SocketFolder | undefined;
  readonly #secret = crypto.randomUUID();
  readonly #stopped = new AbortController();
  #server: Deno.HttpServer;

  private constructor(options: AppServerOptions, folder: SocketFolder | undefined) {
    this.#options = options;
    this.#folder = folder;
    this.#server = this.#serve();
  }

  /** Starts serving. */
  static async start(options: AppServerOptions): Promise<AppServer> {
    const { transport = Deno.build.os === "windows" ? "loopback" : "unix" } = options;
    return new AppServer(options, transport === "unix" ? await makeSocketFolder() : undefined);
  }

  /** Header lines that requests need in order to be answered, each with its line end. */
  get requiredLines(): string {
    return this.#folder === undefined ? `${SECRET_HEADER}: ${this.#secret}\r\n` : "";
  }

  /** Connects to the application. */
  async connect(): Promise<Deno.Conn> {
    if (this.#folder !== undefined) {
      return await Deno.connect({ transport: "unix", path: this.#folder.socketPath });
    }
    const { hostname, port } = this.#server.addr as Deno.NetAddr;
    const connection = await Deno.connect({ hostname, port });
    connection.setNoDelay();
    return connection;
  }

  /** Ends what is under way at once, and takes away what lies on the disk. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#server.finished;
    await this.#folder?.remove();
  }

  #serve(): Deno.HttpServer {
    const { onError } = this.#options;
    const options = {
      signal: this.#stopped.signal,
      onListen() {},
      ...(onError !== undefined && { onError }),
    };
    const server = this.#folder === undefined
      ? Deno.serve(
        { ...options, hostname: "127.0.0.1", port: 0 },
        (request, info) => this.#handleIfSecret(request, info),
      )
      : Deno.serve(
        { ...options, path: this.#folder.socketPath },
        (request, info) => this.#handle(request, info),
      );
    server.finished.then(() => "", String).then((cause) => this.#serveAgain(cause));
    return server;
  }

  /** At the limit of descriptors Deno.serve gives up, which must not be the end of the process. */
  async #serveAgain(cause: string): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    logEvent("error", "server_error", "The server ended and is started again", {
      cause: cause ?? "",
    });
    while (!this.#stopped.signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, RESTART_PAUSE_MS));
      try {
        await this.#folder?.clear();
        this.#server = this.#serve();
        return;
      } catch {
        // There is still no descriptor for it.
      }
    }
  }

  #handleIfSecret(request: Request, info: Deno.ServeHandlerInfo): Response | Promise<Response> {
    if (request.headers.get(SECRET_HEADER) === this.#secret) return this.#handle(request, info);
    return new Response(null, { status: 403 });
  }

  #handle(request: Request, info: Deno.ServeHandlerInfo): Response | Promise<Response> {
    return this.#options.handler(request, withClientAddress(request, info));
  }
}
