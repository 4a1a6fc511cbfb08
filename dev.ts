/**
 * Builds the page (`dev.ts build`, if anything changed since the last time), or serves it while it is being worked on.
 *
 * @module
 */

import { Builder } from "fresh/dev";
import { parseConfig } from "./lib/config.ts";
import type { State } from "./state.ts";
import { startLogging } from "./lib/telemetry/log.ts";

const ROOT = new URL(".", import.meta.url);
/** What the page is made of. */
const SOURCES = [
  "deno.json",
  "deno.lock",
  "dev.ts",
  "islands",
  "lib",
  "routes",
  "static",
  "vendor",
];

/** When a file, or anything in a folder, was last changed, in milliseconds since the epoch; 0 if there is none. */
async function lastChange(url: URL): Promise<number> {
  const info = await Deno.stat(url).catch(() => undefined);
  if (info === undefined) return 0;
  // A folder's own time tells of files that were removed.
  let newest = info.mtime?.getTime() ?? 0;
  if (!info.isDirectory) return newest;
  for await (const { name } of Deno.readDir(url)) {
    newest = Math.max(newest, await lastChange(new URL(`${url.href}/${encodeURIComponent(name)}`)));
  }
  return newest;
}

async function isStale(): Promise<boolean> {
  const built = await lastChange(new URL("_fresh/server.js", ROOT));
  const changes = await Promise.all(SOURCES.map((source) => lastChange(new URL(source, ROOT))));
  return changes.some((change) => change > built);
}

const builder = new Builder<State>({ root: import.meta.dirname ?? "." });

if (Deno.args.includes("build")) {
  if (Deno.args.includes("--force") || await isStale()) await builder.build();
} else {
  const { hostname, port } = parseConfig(Deno.env.toObject());
  await startLogging({ level: "info", format: "pretty" });
  await builder.listen(() => import("./main.ts"), { hostname, port });
}
