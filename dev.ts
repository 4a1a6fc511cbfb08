/**
 * Builds the page (`dev.ts build`, if anything changed since the last time), or serves it while it is being worked on
 * and starts anew with every change (`dev.ts serve` does so once).
 *
 * @module
 */

import { buildPage, createBuilder } from "./commands/build_page.ts";
import { toListenError } from "./commands/listen_error.ts";
import { restartOnChange } from "./commands/restart_on_change.ts";
import { runCommand } from "./commands/run_command.ts";
import type { Config } from "./lib/config.ts";
import { type Front, urlOf } from "./lib/front/front.ts";
import project from "./deno.json" with { type: "json" };

/** Serves the page from its sources, in memory. */
async function listenForDevelopment({ hostname, port }: Config): Promise<Front> {
  // Fresh would look for a newer version of itself.
  Deno.env.set("FRESH_NO_UPDATE_CHECK", "true");
  const { app } = await import("./main.ts");
  const builder = await createBuilder();
  const stop = new AbortController();
  const { promise: addr, resolve: onListen } = Promise.withResolvers<Deno.NetAddr>();
  const { signal } = stop;
  try {
    await builder.listen(() => Promise.resolve(app), { hostname, port, signal, onListen });
  } catch (error) {
    throw error instanceof Deno.errors.AddrInUse ? toListenError(error, { hostname, port }) : error;
  }
  return {
    url: urlOf("http", await addr),
    close: () => {},
    stop: () => Promise.resolve(stop.abort()),
  };
}

switch (Deno.args[0]) {
  case "build":
    await buildPage({ force: Deno.args.includes("--force") });
    break;
  case "serve": {
    const { fetchAndServe } = await import("./main.ts");
    await runCommand(() => fetchAndServe(listenForDevelopment));
    break;
  }
  default: {
    const flags = project.tasks.dev.match(/--\S+/g) ?? [];
    const folders = [
      ...["client", "commands", "components", "islands", "lib"],
      ...["pipelines", "routes", "static", "vendor"],
    ];
    const root = new URL(".", import.meta.url);
    Deno.exit(await restartOnChange(["run", ...flags, "dev.ts", "serve"], root, folders));
  }
}
