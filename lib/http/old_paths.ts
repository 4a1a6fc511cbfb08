/**
 * The paths of the first version of the interface, which answer as their successors do.
 *
 * @module
 */

import type { Context } from "fresh";
import { logEvent } from "../telemetry/log.ts";

/** When the old paths were given up, as a structured date (RFC 9745): 1 November 2026. */
const DEPRECATED_SINCE = "@1793491200";

const OLD_PATHS: readonly [old: URLPattern, successor: string][] = [
  ["/v1/health", "/health"],
  ["/v1/pipelines/list", "/pipelines"],
  ["/v1/pipelines/:id/info", "/pipelines/:id"],
  ["/v1/video/:action(submit|jobs)", "/video/:action"],
  [
    "/v1/video/:action(status|results|cancel|retry|file|annotated)/:id",
    "/video/:action/:id",
  ],
  ["/v1/video/:id", "/video/:id"],
].map(([old = "", successor = ""]) => [new URLPattern({ pathname: old }), successor]);

/** The path that has taken the place of an old one; `undefined` for any other. */
function successorOf(pathname: string): string | undefined {
  for (const [old, successor] of OLD_PATHS) {
    const groups = old.exec({ pathname })?.pathname.groups;
    if (groups) return successor.replace(/:(\w+)/g, (_, name) => groups[name] ?? "");
  }
  return undefined;
}

/**
 * Answers old paths as their successors, with a `Deprecation` header (RFC 9745); each is logged once.
 *
 * @param getHandler Gives what answers requests
 */
export function oldPaths<State>(
  getHandler: () => (request: Request, info?: Deno.ServeHandlerInfo) => Promise<Response>,
): (ctx: Context<State>) => Promise<Response> {
  const logged = new Set<string>();
  return async (ctx) => {
    const successor = successorOf(ctx.url.pathname);
    if (successor === undefined) return await ctx.next();
    // The paths without their ids, of which there are few.
    const path = `/v1${successor}`.replace(/[0-9a-f-]{36}/, ":id").slice(0, 64);
    if (logged.size < 64 && !logged.has(path)) {
      logged.add(path);
      logEvent("warning", "deprecated_path", "A client uses a path of an old version", { path });
    }
    const url = new URL(ctx.req.url);
    url.pathname = successor;
    const { method, headers, body } = ctx.req;
    const answer = await getHandler()(new Request(url, { method, headers, body }), ctx.info);
    answer.headers.set("Deprecation", DEPRECATED_SINCE);
    answer.headers.set("Link", `<${successor}>; rel="successor-version"`);
    return answer;
  };
}
