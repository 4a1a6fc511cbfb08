/**
 * The web application: middlewares in their order, then the files of `routes/`.
 *
 * @module
 */

import { App, csp, staticFiles } from "fresh";
import { guardRequests } from "./lib/http/guard_requests.ts";
import { type Handler, hardenHandler, refuseOtherMethods } from "./lib/http/harden_handler.ts";
import { oldPaths } from "./lib/http/old_paths.ts";
import { servePackedFiles } from "./lib/http/serve_packed_files.ts";
import type { Services } from "./services.ts";
import type { State } from "./state.ts";

/** Fresh's application, guarded, and answering as the protocol says whatever happens in it. */
class SafeApp extends App<State> {
  readonly #getServices: () => Services;

  constructor(getServices: () => Services) {
    super();
    this.#getServices = getServices;
  }

  override handler(): Handler {
    return guardRequests(hardenHandler(super.handler()), () => {
      const { hostname, allowedHosts, stream } = this.#getServices().config;
      return { hostname, allowedHosts, authToken: stream.authToken };
    });
  }
}

/**
 * Makes the application.
 *
 * @param getServices Called once a request; gives the same services every time
 */
export function createApp(getServices: () => Services): App<State> {
  const app = new SafeApp(getServices);
  // Made at the first use, since the routes are complete only then.
  let handler: Handler | undefined;
  const files = staticFiles<State>();
  return app
    .use(oldPaths<State>(() => handler ??= app.handler()))
    .use(csp({ useNonce: true }))
    .use((ctx) => {
      ctx.state.services = getServices();
      return ctx.next();
    })
    .use(refuseOtherMethods)
    .use(servePackedFiles<State>())
    // No file has a slash in its name; while Fresh keeps a build in memory it would fail on one.
    .use((ctx) => /%2f|%5c/i.test(ctx.url.pathname) ? ctx.next() : files(ctx))
    .fsRoutes();
}
