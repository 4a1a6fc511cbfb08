/**
 * The web application: middlewares in their order, then the files of `routes/`.
 *
 * @module
 */

import { App, csp, staticFiles } from "fresh";
import { securityHeaders } from "./lib/http/security_headers.ts";
import type { Services } from "./services.ts";
import type { State } from "./state.ts";

/**
 * Makes the application.
 *
 * @param getServices Called once a request; gives the same services every time
 */
export function createApp(getServices: () => Services): App<State> {
  return new App<State>()
    .use(securityHeaders)
    .use(csp({ useNonce: true }))
    .use((ctx) => {
      ctx.state.services = getServices();
      return ctx.next();
    })
    .use(staticFiles())
    .fsRoutes();
}
