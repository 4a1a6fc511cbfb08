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
import { UsageError } from "./usage_error.ts";

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

function listen(
  { hostname, port }: Config,
  server: BuiltServer,
): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({ hostname, port, onListen() {} }, server.fetch);
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) {
      throw new UsageError(
        `Cannot listen on port ${port}: it is in use. Stop the other program, or set PORT to another number`,
      );
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new UsageError(`Cannot listen on port ${port}: ports below 1024 are for the superuser`);
    }
    if (error instanceof Deno.errors.AddrNotAvailable || error instanceof TypeError) {
      throw new UsageError(`Cannot listen on HOST ${hostname}: it is no address of this machine`);
    }
    throw error;
  }
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

/** Resolves on the first SIGINT or SIGTERM; a launcher such as npx may deliver the same one twice. */
function untilAskedToStop(): Promise<Deno.Signal> {
  const { promise, resolve } = Promise.withResolvers<Deno.Signal>();
  const signals: Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, () => resolve(signal));
  return promise;
}

function describeUrl({ hostname, port }: Deno.NetAddr): string {
  const isAny = hostname === "0.0.0.0" || hostname === "::";
  const host = isAny ? "localhost" : hostname.includes(":") ? `[${hostname}]` : hostname;
  return `http://${host}:${port}/`;
}

/**
 * Serves until the process is asked to stop.
 *
 * @throws {UsageError} If the page is not built or the address cannot be used
 */
export async function serve(config: Config, services: Services): Promise<void> {
  const asked = untilAskedToStop();
  const built = await loadBuiltServer();
  const server = listen(config, built);
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
