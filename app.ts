/**
 * The web application: middlewares in their order, then the files of `routes/`.
 *
 * @module
 */

import { App, csp, staticFiles } from "fresh";
import { serveBelow } from "./lib/http/base_path.ts";
import { guardRequests } from "./lib/http/guard_requests.ts";
import { type Handler, hardenHandler, refuseOtherMethods } from "./lib/http/harden_handler.ts";
import { oldPaths } from "./lib/http/old_paths.ts";
import { servePackedFiles } from "./lib/http/serve_packed_files.ts";
import type { Services } from "./services.ts";
import type { State } from "./state.ts";

/** What the addresses of the page's files are made of. */
const FILE_ADDRESS = /^\/[\w./-]{1,200}$/;

/** Fresh's application, guarded, and answering as the protocol says whatever happens in it. */
class SafeApp extends App<State> {
  readonly #getServices: () => Services;

  constructor(getServices: () => Services) {
    super();
    this.#getServices = getServices;
  }

  override handler(): Handler {
    const handler = serveBelow(
      hardenHandler(super.handler()),
      () => this.#getServices().config.basePath,
    );
    return guardRequests(handler, () => {
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
    // With a build in memory, Fresh asks the disk for every address, and fails on those that can be no name of a file.
    .use((ctx) => FILE_ADDRESS.test(ctx.url.pathname) ? files(ctx) : ctx.next())
    .fsRoutes();
}
