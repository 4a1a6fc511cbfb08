import { type BuildCache, emptyBuildCache } from "./build_cache.ts";
import { Context, type WebSocketHandlers, type WebSocketUpgradeOptions } from "./context.ts";
import { addFileRoute } from "./file_routes.ts";
import { HttpError } from "./http_error.ts";
import { METHODS } from "./router.ts";
import { RouteTable } from "./route_table.ts";
import { runMiddlewares } from "./segment.ts";
import type {
  FreshConfig,
  Method,
  Middleware,
  ResolvedFreshConfig,
  Route,
  RouteComponent,
} from "./types.ts";

/** Options for {@linkcode App.listen}: those of `Deno.serve`. */
export type ListenOptions =
  & Partial<Deno.ServeTcpOptions & Deno.TlsCertifiedKeyPem>
  & { remoteAddress?: string };

type Registration<State> = (table: RouteTable<State>, cache: BuildCache) => void;

/** Gives an application the build that it serves. */
export let setBuildCache: <State>(
  app: App<State>,
  cache: BuildCache,
  mode: "development" | "production",
) => void;

/**
 * An application: middlewares and routes in the order in which they were added.
 *
 * A route passes only the middlewares that were added before it.
 */
export class App<State> {
  /** The options of the application. */
  readonly config: ResolvedFreshConfig;
  readonly #registrations: Registration<State>[] = [];
  #cache: BuildCache | undefined;

  static {
    setBuildCache = (app, cache, mode) => {
      app.config.root = cache.root;
      app.config.mode = mode;
      app.#cache = cache;
    };
  }

  /** Makes an application without middlewares, routes or a build. */
  constructor({ mode = "production" }: FreshConfig = {}) {
    this.config = { root: ".", basePath: "", mode };
  }

  /** Adds middlewares for all paths. */
  use(...middlewares: Middleware<State>[]): this;
  /** Adds middlewares for a path and what lies below it. */
  use(path: string, ...middlewares: Middleware<State>[]): this;
  use(first: string | Middleware<State>, ...rest: Middleware<State>[]): this {
    const [path, middlewares] = typeof first === "string" ? [first, rest] : ["*", [first, ...rest]];
    return this.#register(({ root }) => root.find(path).middlewares.push(...middlewares));
  }

  /** Adds a handler of GET requests, which answers HEAD requests too. */
  get(path: string, ...middlewares: Middleware<State>[]): this {
    return this.#handle(["GET"], path, middlewares);
  }

  /** Adds a handler of POST requests. */
  post(path: string, ...middlewares: Middleware<State>[]): this {
    return this.#handle(["POST"], path, middlewares);
  }

  /** Adds a handler of PUT requests. */
  put(path: string, ...middlewares: Middleware<State>[]): this {
    return this.#handle(["PUT"], path, middlewares);
  }

  /** Adds a handler of PATCH requests. */
  patch(path: string, ...middlewares: Middleware<State>[]): this {
    return this.#handle(["PATCH"], path, middlewares);
  }

  /** Adds a handler of DELETE requests. */
  delete(path: string, ...middlewares: Middleware<State>[]): this {
    return this.#handle(["DELETE"], path, middlewares);
  }

  /** Adds a handler of HEAD requests. */
  head(path: string, ...middlewares: Middleware<State>[]): this {
    return this.#handle(["HEAD"], path, middlewares);
  }

  /** Adds a handler of requests with any method. */
  all(path: string, ...middlewares: Middleware<State>[]): this {
    return this.#handle(METHODS, path, middlewares);
  }

  /** Adds a WebSocket. */
  ws(path: string, handlers: WebSocketHandlers, options?: WebSocketUpgradeOptions): this {
    return this.get(path, (ctx) => ctx.upgrade(handlers, options));
  }

  /** Sets what answers when something below `path` throws; `ctx.error` is what was thrown. */
  onError(path: string, handler: Route<State> | Middleware<State>): this {
    return this.#register(({ root }) => root.find(path).errorRoute = toRoute(handler));
  }

  /** Sets what answers when nothing else does. */
  notFound(handler: Route<State> | Middleware<State>): this {
    return this.#register(({ root }) => root.notFound = toRoute(handler));
  }

  /** Sets the component around all pages. */
  appWrapper(component: RouteComponent<State>): this {
    return this.#register(({ root }) => root.app = component);
  }

  /** Adds the files of the routes directory. */
  fsRoutes(): this {
    return this.#register((table, { routes }) =>
      routes.forEach((file) => addFileRoute(table, file))
    );
  }

  /** The function that answers requests, for `Deno.serve` and for tests. */
  handler(): (request: Request, info?: Deno.ServeHandlerInfo) => Promise<Response> {
    const cache = this.#cache ?? emptyBuildCache();
    const table = new RouteTable<State>();
    for (const register of this.#registrations) register(table, cache);

    return async (request, info = LOCAL_CONNECTION) => {
      const url = new URL(request.url);
      url.pathname = url.pathname.replaceAll(/\/+/g, "/");
      const { pattern, params, middlewares, next } = table.match(request.method, url);
      const ctx = new Context<State>(
        ...[
          request,
          url,
          info,
          pattern,
          params,
          this.config,
          next,
          cache,
        ] as const,
      );
      try {
        return await runMiddlewares(middlewares, ctx);
      } catch (error) {
        return toResponse(error);
      }
    };
  }

  /** Serves the application, without a given port at the first free one from 8000. */
  // deno-lint-ignore require-await -- a failure to listen is a rejection, as in Fresh
  async listen(options: ListenOptions = {}): Promise<void> {
    const handler = this.handler();
    const serve = (port: number) =>
      Deno.serve({ onListen: announce, ...options, port } as Deno.ServeTcpOptions, handler);
    if (options.port) return void serve(options.port);
    for (let port = 8000;; port++) {
      try {
        return void serve(port);
      } catch (error) {
        if (!(error instanceof Deno.errors.AddrInUse) || port === 8019) {
          throw error;
        }
      }
    }
  }

  #register(registration: Registration<State>): this {
    this.#registrations.push(registration);
    return this;
  }

  #handle(methods: readonly Method[], path: string, middlewares: Middleware<State>[]): this {
    const pattern = path === "*" ? "/*" : path;
    const directory = path.replaceAll(/\{[^}]*\}\??/g, "").replace(/[^/]*$/, "");
    return this.#register(({ root, add }) =>
      add(methods, root.find(directory), pattern, middlewares)
    );
  }
}

const LOCAL_CONNECTION: Deno.ServeHandlerInfo = {
  remoteAddr: { transport: "tcp", hostname: "localhost", port: 1234 },
  completed: Promise.resolve(),
};

function toRoute<State>(handler: Route<State> | Middleware<State>): Route<State> {
  return typeof handler === "function" ? { handler } : handler;
}

function toResponse(error: unknown): Response {
  const isHttpError = error instanceof HttpError;
  if (!isHttpError || error.status >= 500) {
    // deno-lint-ignore no-console -- as in Fresh, the last place where an error can be seen
    console.error(error);
  }
  return isHttpError
    ? new Response(error.message, { status: error.status })
    : new Response("Internal server error", { status: 500 });
}

function announce({ hostname, port }: Deno.NetAddr): void {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  Deno.stdout.writeSync(
    new TextEncoder().encode(`Fresh ready at http://${host}:${port}/\n`),
  );
}
