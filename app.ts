/**
 * The web application: middlewares in their order, then the files of `routes/`.
 *
 * @module
 */

import { App, csp, staticFiles } from "fresh";
import { oldPaths } from "./lib/http/old_paths.ts";
import { securityHeaders } from "./lib/http/security_headers.ts";
import type { Services } from "./services.ts";
import type { State } from "./state.ts";

/**
 * Makes the application.
 *
 * @param getServices Called once a request; gives the same services every time
 */
export function createApp(getServices: () => Services): App<State> {
  const app = new App<State>();
  // Made at the first use, since the routes are complete only then.
  let handler: ReturnType<typeof app.handler> | undefined;
  return app
    .use(securityHeaders)
    .use(oldPaths<State>(() => handler ??= app.handler()))
    .use(csp({ useNonce: true }))
    .use((ctx) => {
      ctx.state.services = getServices();
      return ctx.next();
    })
    .use(staticFiles())
    .fsRoutes();
}
