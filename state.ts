/**
 * What every route finds in `ctx.state`.
 *
 * @module
 */

import { createDefine } from "fresh";
import type { Services } from "./services.ts";

/** State of one request. */
export interface State {
  /** The parts of the server, the same for every request. */
  services: Services;
}

/** Fresh's `define`, typed for this application. */
// deno-lint-ignore explicit-module-boundary-types
export const define = createDefine<State>();
