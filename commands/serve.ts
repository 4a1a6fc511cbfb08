/**
 * `livesyte serve`: the server itself.
 *
 * @module
 */

import type { Config } from "../lib/config.ts";
import { type Front, openFront } from "../lib/front/front.ts";
import { lanUrls } from "../lib/front/lan.ts";
import { answerServeError } from "../lib/http/guard_requests.ts";
import { logEvent, startLogging, stopLogging } from "../lib/telemetry/log.ts";
import { type Services, VERSION } from "../services.ts";
import { inviteDevices } from "./invite_devices.ts";
import { toListenError } from "./listen_error.ts";
import { untilAskedToStop } from "./until_asked_to_stop.ts";
import { UsageError } from "./usage_error.ts";

/** How long stopping may take at most, in milliseconds. */
const STOP_TIMEOUT_MS = 9000;
/** How long answers that are under way may take once everything else has stopped, in milliseconds. */
const LAST_ANSWERS_MS = 1000;

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
    const message = "Cannot load the built page: run `deno task build --force` to rebuild it";
    throw new UsageError(message, { cause });
  }
}

/** Serves the built page behind the door. */
async function listenWithBuild(config: Config): Promise<Front> {
  const built = await loadBuiltServer();
  const options = { config, handler: built.fetch, onError: answerServeError };
  return await openFront(listenOn(config), options);
}

function listenOn({ hostname, port }: Config): Deno.TcpListener {
  try {
    return Deno.listen({ hostname, port });
  } catch (error) {
    throw toListenError(error, { hostname, port });
  }
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
  listen: (config: Config) => Promise<Front> = listenWithBuild,
): Promise<void> {
  const asked = untilAskedToStop(STOP_TIMEOUT_MS);
  const front = await listen(config);
  await startLogging({ level: config.logLevel, format: config.logFormat });
  try {
    const started = services.start().then(() => announce(front, config));
    await Promise.race([started, asked]);
    const signal = await asked;
    logEvent("info", "server_stop", "Stopping", { signal });
  } finally {
    front.close();
    await services.stop();
    await front.stop(LAST_ANSWERS_MS);
    await stopLogging();
  }
}

async function announce({ url }: Front, config: Config): Promise<void> {
  const others = lanUrls(url, config.hostname);
  const data = others.length === 0 ? { url } : { url, network_urls: others.join(" ") };
  logEvent("info", "server_start", `livesyte ${VERSION} is ready at ${url}`, data);
  // The token belongs on a terminal, and not into a log.
  if (others.length === 0 || config.logFormat !== "pretty") return;
  const text = await inviteDevices([url, ...others], config, { colours: Deno.stdout.isTerminal() });
  await Deno.stdout.write(new TextEncoder().encode(text));
}
