/**
 * `livesyte serve`: the server itself.
 *
 * @module
 */

import type { Config } from "../lib/config.ts";
import { answerServeError } from "../lib/http/guard_requests.ts";
import { logEvent, startLogging, stopLogging } from "../lib/telemetry/log.ts";
import { type Services, VERSION } from "../services.ts";
import { toListenError } from "./listen_error.ts";
import { untilAskedToStop } from "./until_asked_to_stop.ts";
import { UsageError } from "./usage_error.ts";

/** Where a server listens, and how that ends; a `Deno.HttpServer` is one. */
export type Listening = Pick<Deno.HttpServer<Deno.NetAddr>, "addr" | "shutdown">;

/** The handler that the build joins from the application, its routes and its islands. */
interface BuiltServer {
  fetch(request: Request, info: Deno.ServeHandlerInfo): Response | Promise<Response>;
}

async function loadBuiltServer(): Promise<BuiltServer> {
  // Not a literal, because the file exists only after the build.
  const url = new URL("../_fresh/server.js", import.meta.url);
  try {
    await Deno.stat(url);
  } catch {
    throw new UsageError("Cannot find the built page: run `deno task build` first");
  }
  try {
    const { default: server } = await import(url.href);
    return server;
  } catch (cause) {
    const message = "Cannot load the built page: run `deno task build --force` to build it anew";
    throw new UsageError(message, { cause });
  }
}

/** Serves the built page. */
async function listenWithBuild({ hostname, port }: Config): Promise<Listening> {
  const built = await loadBuiltServer();
  try {
    const options = { hostname, port, onListen() {}, onError: answerServeError };
    return Deno.serve(options, built.fetch);
  } catch (error) {
    throw toListenError(error, { hostname, port });
  }
}

function describeUrl({ hostname, port }: Deno.NetAddr): string {
  const isAny = hostname === "0.0.0.0" || hostname === "::";
  const host = isAny ? "localhost" : hostname.includes(":") ? `[${hostname}]` : hostname;
  return `http://${host}:${port}/`;
}

/**
 * Serves until the process is asked to stop.
 *
 * @param listen Begins to answer requests; with the built page by default
 * @throws {UserError} If the page is not built, or the address, a model or the data directory cannot be used
 */
export async function serve(
  config: Config,
  services: Services,
  listen: (config: Config) => Promise<Listening> = listenWithBuild,
): Promise<void> {
  const asked = untilAskedToStop();
  const server = await listen(config);
  await startLogging({ level: config.logLevel, format: config.logFormat });
  try {
    await services.start();
    const url = describeUrl(server.addr);
    logEvent("info", "server_start", `livesyte ${VERSION} is ready at ${url}`, { url });
    const signal = await asked;
    logEvent("info", "server_stop", "Stopping", { signal });
  } finally {
    await services.stop();
    await server.shutdown();
    await stopLogging();
  }
}
