/**
 * `livesyte serve`: the server itself.
 *
 * @module
 */

import type { Config } from "../lib/config.ts";
import { ModelError } from "../lib/pipeline/errors.ts";
import { logEvent, startLogging, stopLogging } from "../lib/telemetry/log.ts";
import { StorageUnavailableError } from "../lib/video/errors.ts";
import { type Services, VERSION } from "../services.ts";
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
  const { default: server } = await import(url.href);
  return server;
}

/** Serves the built page. */
async function listenWithBuild({ hostname, port }: Config): Promise<Listening> {
  const built = await loadBuiltServer();
  return Deno.serve({ hostname, port, onListen() {} }, built.fetch);
}

/** Why it is not possible to listen, for people; `undefined` for an error that they cannot mend. */
function explainListenError(error: unknown, { hostname, port }: Config): UsageError | undefined {
  if (error instanceof Deno.errors.AddrInUse) {
    return new UsageError(
      `Cannot listen on port ${port}: it is in use. Stop the other program, or set PORT to another number`,
    );
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return new UsageError(`Cannot listen on port ${port}: ports below 1024 are for the superuser`);
  }
  if (error instanceof Deno.errors.AddrNotAvailable || error instanceof TypeError) {
    return new UsageError(`Cannot listen on HOST ${hostname}: it is no address of this machine`);
  }
  return undefined;
}

async function startServices(config: Config, services: Services): Promise<void> {
  try {
    await services.start();
  } catch (error) {
    if (error instanceof ModelError) throw error;
    if (error instanceof StorageUnavailableError) throw new UsageError(error.message);
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`Cannot start with the model ${config.pipeline.model}: ${reason}`);
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
 * @throws {UsageError} If the page is not built or the address cannot be used
 */
export async function serve(
  config: Config,
  services: Services,
  listen: (config: Config) => Promise<Listening> = listenWithBuild,
): Promise<void> {
  const asked = untilAskedToStop();
  const server = await listen(config).catch((error) => {
    throw explainListenError(error, config) ?? error;
  });
  await startLogging({ level: config.logLevel, format: config.logFormat });
  try {
    await startServices(config, services);
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
