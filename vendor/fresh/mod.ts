/**
 * A small stand-in for `@fresh/core` 2.3.3, linked in `deno.json` for machines that cannot reach JSR.
 *
 * It has the part of Fresh that this application uses, under the same names and with the same meaning.
 *
 * @module
 */

export { App } from "./app.ts";
export type { Context } from "./context.ts";
export { csp } from "./csp.ts";
export { createDefine, type Define } from "./define.ts";
export { HttpError } from "./http_error.ts";
export { staticFiles } from "./static_files.ts";
export {
  type HandlerFn,
  type Middleware,
  page,
  type PageProps,
  type PageResponse,
} from "./types.ts";
