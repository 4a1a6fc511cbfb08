/**
 * A small stand-in for `@fresh/core` 2.3.3, linked in `deno.json` for machines that cannot reach JSR.
 *
 * It has the part of Fresh that this application uses, under the same names and with the same meaning.
 *
 * @module
 */

export { App, type ListenOptions } from "./app.ts";
export type {
  Context,
  FreshContext,
  WebSocketHandlers,
  WebSocketUpgradeOptions,
} from "./context.ts";
export { csp, type CSPOptions } from "./csp.ts";
export { createDefine, type Define } from "./define.ts";
export { type ErrorStatus, HttpError } from "./http_error.ts";
export { staticFiles } from "./static_files.ts";
export {
  type FreshConfig,
  type HandlerByMethod,
  type HandlerFn,
  type Method,
  type Middleware,
  page,
  type PageProps,
  type PageResponse,
  type ResolvedFreshConfig,
  type RouteConfig,
  type RouteHandler,
} from "./types.ts";
