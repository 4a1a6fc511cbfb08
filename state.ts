/**
 * What every route finds in `ctx.state`, and how routes are defined.
 *
 * @module
 */

import { type Context, createDefine, type Define, type HandlerFn } from "fresh";
import { api, type ApiMethod } from "./lib/http/api.ts";
import type { Services } from "./services.ts";

/** State of one request. */
export interface State {
  /** The parts of the server, the same for every request. */
  services: Services;
}

/** Fresh's `define`, typed for this application. */
export const define: Define<State> = createDefine<State>();

/** Defines the handlers of a path that answers programs; see {@linkcode api}. */
export function defineApi(
  methods: Partial<
    Record<ApiMethod, (context: Context<State>) => Response | Promise<Response>>
  >,
): HandlerFn<unknown, State> {
  return api<Context<State>>(methods);
}
