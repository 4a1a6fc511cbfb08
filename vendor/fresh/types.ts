import type { AnyComponent, ComponentType, RenderableProps, VNode } from "preact";
import type { Context } from "./context.ts";

/** The request methods that routes can handle. */
export type Method =
  | "HEAD"
  | "GET"
  | "POST"
  | "PATCH"
  | "PUT"
  | "DELETE"
  | "OPTIONS";

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
): PageResponse<Data>;
/** Renders the page component without data. */
export function page(): PageResponse<undefined>;
export function page(
  data?: unknown,
  options?: { headers?: HeadersInit; status?: number },
): PageResponse<unknown> {
  return { data, headers: options?.headers, status: options?.status };
}

/** Handles one request of a route. */
export interface HandlerFn<Data, State> {
  (ctx: Context<State>): Response | PageResponse<Data> | Promise<Response | PageResponse<Data>>;
}

/** One handler for each request method. */
export type HandlerByMethod<Data, State> = {
  [M in Method]?: HandlerFn<Data, State>;
};

/** The handler of a route: a function for every method, or an object of functions by method. */
export type RouteHandler<Data, State> =
  | HandlerFn<Data, State>
  | HandlerByMethod<Data, State>;

/** The props of pages, layouts and the app wrapper. */
export type PageProps<Data = unknown, State = unknown> =
  & Pick<
    Context<State>,
    | "config"
    | "url"
    | "req"
    | "params"
    | "info"
    | "state"
    | "isPartial"
    | "Component"
    | "error"
    | "route"
  >
  & { data: Data };

/** A component that awaits something before it renders; it may answer with a response of its own. */
export type AsyncAnyComponent<Props> = (
  props: RenderableProps<Props>,
  // As Preact declares it for other components, so that the types of props are inferred from both.
  // deno-lint-ignore no-explicit-any
  context?: any,
) => Promise<VNode | Response | null>;

// The data of a page is checked where the page is defined; here pages of all data types meet.
// deno-lint-ignore no-explicit-any
type AnyPageProps<State> = PageProps<any, State>;

/** A page, a layout or an app wrapper. */
export type RouteComponent<State> =
  | AnyComponent<AnyPageProps<State>>
  | AsyncAnyComponent<AnyPageProps<State>>;

/** What a route file can export as `config`. */
export interface RouteConfig {
  /** A `URLPattern` pathname to use instead of the one that follows from the path of the file. */
  routeOverride?: string;
}

/** A page with its handler. */
export interface Route<State> {
  /** The page; without one the handler answers by itself. */
  component?: RouteComponent<State> | undefined;
  /** Without one, every request is answered with the page. */
  handler?: RouteHandler<unknown, State> | undefined;
  /** As a route file exports it; not looked at here. */
  config?: RouteConfig | undefined;
}

/** A component that runs in the browser too, and where its code is. */
export interface Island {
  /** Unique among the islands of the application. */
  name: string;
  /** The name under which its module exports it. */
  exportName: string;
  /** The URL path of its module in the browser. */
  file: string;
}

/** The islands of an application by their component. */
export type IslandRegistry = Map<ComponentType, Island>;

/** The options of an application. */
export interface FreshConfig {
  /** The mode until a build sets it. @default {"production"} */
  mode?: "development" | "production";
}

/** The options of an application with the defaults filled in. */
export interface ResolvedFreshConfig {
  /** The directory of the application. */
  root: string;
  /** Always empty: the application is served from the root of its host. */
  basePath: string;
  /** In development nothing is cached. */
  mode: "development" | "production";
}
