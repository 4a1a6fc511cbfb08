import type { AnyComponent, FunctionComponent } from "preact";
import type { Context } from "./context.ts";

/** Handles a request, or passes it on with `ctx.next()`. */
export type Middleware<State> = (ctx: Context<State>) => Response | Promise<Response>;

/** What a handler returns to have the page component of its route rendered. */
export interface PageResponse<Data> {
  /** Given to the page component as `data`. */
  data: Data;
  /** Headers of the response, in addition to `Content-Type`. */
  headers?: HeadersInit | undefined;
  /** Status of the response; an `_error` page has that of its error. @default {200} */
  status?: number | undefined;
}

/** Returns the data of a page from a handler, to be rendered by the page component. */
export function page<Data>(
  data: Data,
  options?: { headers?: HeadersInit; status?: number },
): PageResponse<Data> {
  return { data, headers: options?.headers, status: options?.status };
}

/** Handles the requests of a route, whatever their method. */
export interface HandlerFn<Data, State> {
  (ctx: Context<State>): Response | PageResponse<Data> | Promise<Response | PageResponse<Data>>;
}

/** The props of pages and of the app wrapper. */
export type PageProps<Data = unknown, State = unknown> =
  & Pick<Context<State>, "url" | "req" | "params" | "info" | "state" | "error">
  & {
    /** What the handler gave to {@linkcode page}; `null` for the app wrapper. */
    data: Data;
    /** The page, for the app wrapper; nothing for a page. */
    Component: FunctionComponent;
  };

/** A page or the app wrapper. The data of a page is checked where the page is defined. */
// deno-lint-ignore no-explicit-any
export type RouteComponent<State> = AnyComponent<PageProps<any, State>>;
