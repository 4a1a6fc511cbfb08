import { Fragment, type FunctionComponent, h, isValidElement, type VNode } from "preact";
import type { BuildCache } from "./build_cache.ts";
import { NONCE } from "./csp.ts";
import { HttpError } from "./http_error.ts";
import { rawHtml, renderPage } from "./render_page.ts";
import type { PageProps, ResolvedFreshConfig, RouteComponent } from "./types.ts";

/** Handlers of the events of a WebSocket. */
export interface WebSocketHandlers {
  /** Called once the connection is open. */
  open?(socket: WebSocket): void;
  /** Called for each message of the client. */
  message?(socket: WebSocket, event: MessageEvent): void;
  /** Called once the connection is closed, by whichever side, with what the close says. */
  close?(socket: WebSocket, code: number, reason: string): void;
  /** Called when the connection fails. */
  error?(socket: WebSocket, event: Event | ErrorEvent): void;
}

/** Options for `Deno.upgradeWebSocket`. */
export interface WebSocketUpgradeOptions {
  /** Seconds without an answer to a ping after which the connection is closed. */
  idleTimeout?: number;
  /** The sub-protocol to agree on. */
  protocol?: string;
}

/** The older name of {@linkcode Context}. */
export type FreshContext<State = unknown> = Context<State>;

/** The components around the page that is rendered. */
export interface Wrappers<State> {
  /** Around all pages; `undefined` when the application has none. */
  app: RouteComponent<State> | undefined;
  /** From the outermost to the innermost. */
  layouts: RouteComponent<State>[];
}

/** The wrappers that the segments of the matched route set on a context. */
export let getWrappers: <State>(ctx: Context<State>) => Wrappers<State>;
/** The build that a context serves. */
export let getBuildCache: <State>(ctx: Context<State>) => BuildCache;

/** One request on its way through the middlewares to its handler. */
export class Context<State> {
  /** The options of the application. */
  readonly config: ResolvedFreshConfig;
  /** The URL of the request. */
  readonly url: URL;
  /** The request. */
  req: Request;
  /** The pattern of the matched route. */
  readonly route: string | null;
  /** The parameters in the path of the matched route. */
  readonly params: Record<string, string>;
  /** Shared by everything that handles this request. */
  readonly state: State = {} as State;
  /** What was thrown while this request was handled. */
  error: unknown | null = null;
  /** The connection. */
  readonly info: Deno.ServeHandlerInfo;
  /** Always false: pages are rendered whole. */
  readonly isPartial = false;
  /** Passes the request on to the next middleware, or to the handler. */
  next: () => Promise<Response>;
  /** The content of a layout or an app wrapper. */
  Component: FunctionComponent = () => null;

  readonly #wrappers: Wrappers<State> = { app: undefined, layouts: [] };
  readonly #cache: BuildCache;

  static {
    getWrappers = (ctx) => ctx.#wrappers;
    getBuildCache = (ctx) => ctx.#cache;
  }

  /**
   * Made by the application for each request.
   * | @param req The request.
   * @param url Its URL.
   * @param info The connection.
   * @param route Pattern of the matched route; `null` when there is none.
   * @param params What the path has in place of the route's parameters.
   * @param config The options of the application.
   * @param next What answers when all middlewares pass the request on.
   * @param cache The build whose islands pages may have.
   */
  constructor(
    req: Request,
    url: URL,
    info: Deno.ServeHandlerInfo,
    route: string | null,
    params: Record<string, string>,
    config: ResolvedFreshConfig,
    next: () => Promise<Response>,
    cache: BuildCache,
  ) {
    this.req = req;
    this.url = url;
    this.info = info;
    this.route = route;
    this.params = params;
    this.config = config;
    this.next = next;
    this.#cache = cache;
  }

  /** Redirects to a path or a URL; a path never leads to another host. */
  redirect(pathOrUrl: string, status = 302): Response {
    let location = pathOrUrl;
    if (pathOrUrl !== "/" && pathOrUrl.startsWith("/")) {
      const end = pathOrUrl.search(/[?#]|$/);
      location = pathOrUrl.slice(0, end).replaceAll(/\/+/g, "/") +
        pathOrUrl.slice(end);
    }
    return new Response(null, { status, headers: { location } });
  }

  /**
   * Renders a page within its layouts and the app wrapper.
   *
   * @throws {TypeError} If `vnode` is not JSX.
   */
  async render(vnode: VNode | null, init: ResponseInit = {}): Promise<Response> {
    if (vnode !== null && !isValidElement(vnode)) {
      throw new TypeError("Cannot render a page: expected JSX");
    }
    let page: VNode = vnode ?? h(Fragment, null);
    for (const layout of this.#wrappers.layouts.toReversed()) {
      const child = page;
      const result = await renderRouteComponent(this, layout, null, () => child);
      if (result instanceof Response) return result;
      page = result;
    }
    let app: VNode | undefined;
    // Filled once the page is rendered, which is before the app wrapper asks for it.
    let content: VNode = page;
    if (this.#wrappers.app !== undefined) {
      const result = await renderRouteComponent(this, this.#wrappers.app, null, () => content);
      if (result instanceof Response) return result;
      app = result;
    }
    const { html, nonce, link } = renderPage({
      page,
      app,
      setContent: (html) => content = rawHtml(html),
      cache: this.#cache,
      pathname: this.url.pathname,
    });
    const headers = new Headers(init.headers);
    headers.set("Content-Type", "text/html; charset=utf-8");
    if (link !== undefined) headers.append("Link", link);
    const response = new Response(html, { ...init, headers });
    return Object.assign(response, { [NONCE]: nonce });
  }

  /** Answers with plain text. */
  text(content: string, init?: ResponseInit): Response {
    return new Response(content, init);
  }

  /** Answers with HTML. */
  html(content: string, init?: ResponseInit): Response {
    const headers = new Headers(init?.headers);
    headers.set("Content-Type", "text/html; charset=utf-8");
    return new Response(content, { ...init, headers });
  }

  /** Answers with JSON. */
  json(content: unknown, init?: ResponseInit): Response {
    return Response.json(content, init);
  }

  /** Answers with the chunks of an iterable as they come. */
  stream<Chunk extends string | Uint8Array>(
    stream:
      | Iterable<Chunk>
      | AsyncIterable<Chunk>
      | (() => Iterable<Chunk> | AsyncIterable<Chunk>),
    init?: ResponseInit,
  ): Response {
    const encoder = new TextEncoder();
    const chunks = typeof stream === "function" ? stream() : stream;
    const encode = new TransformStream<Chunk, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        const bytes = typeof chunk === "string" ? encoder.encode(chunk) : new Uint8Array(chunk);
        controller.enqueue(bytes);
      },
    });
    return new Response(ReadableStream.from(chunks).pipeThrough(encode), init);
  }

  /** Upgrades the request to a WebSocket, whose events go to `handlers`. */
  upgrade(handlers: WebSocketHandlers, options?: WebSocketUpgradeOptions): Response;
  /** Upgrades the request to a WebSocket; `response` must be the answer to the request. */
  upgrade(options?: WebSocketUpgradeOptions): { socket: WebSocket; response: Response };
  upgrade(
    first: WebSocketHandlers | WebSocketUpgradeOptions = {},
    second?: WebSocketUpgradeOptions,
  ): Response | { socket: WebSocket; response: Response } {
    if (this.req.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      throw new HttpError(400, "Expected a WebSocket upgrade request");
    }
    const handlers = hasHandlers(first) ? first : undefined;
    const options = hasHandlers(first) ? second : first;
    const { socket, response } = Deno.upgradeWebSocket(this.req, options);
    if (handlers === undefined) return { socket, response };
    socket.addEventListener("open", () => handlers.open?.(socket));
    socket.addEventListener("message", (event) => handlers.message?.(socket, event));
    socket.addEventListener("close", ({ code, reason }) => handlers.close?.(socket, code, reason));
    socket.addEventListener("error", (event) => handlers.error?.(socket, event));
    return response;
  }
}

/** Renders a page, a layout or an app wrapper, awaiting it if it is asynchronous. */
export async function renderRouteComponent<State>(
  ctx: Context<State>,
  component: RouteComponent<State>,
  data: unknown,
  Component: FunctionComponent,
): Promise<VNode | Response> {
  const { config, url, req, params, info, state, isPartial, error, route } = ctx;
  const props: PageProps<unknown, State> = {
    ...{ config, url, req, params, info, state, isPartial, error, route },
    data,
    Component,
  };
  if (component.constructor.name !== "AsyncFunction") {
    return h(component as FunctionComponent<PageProps<unknown, State>>, props) as VNode;
  }
  const result = (component as (props: unknown) => Promise<VNode | Response | null>)(props);
  return await result ?? h(Fragment, null);
}

function hasHandlers(
  value: WebSocketHandlers | WebSocketUpgradeOptions,
): value is WebSocketHandlers {
  return Object.values(value).some((it) => typeof it === "function");
}
