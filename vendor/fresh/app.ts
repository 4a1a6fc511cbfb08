import { type BuildCache, EMPTY_BUILD } from "./build_cache.ts";
import { Context } from "./context.ts";
import { HttpError } from "./http_error.ts";
import {
  answerErrors,
  answerRoute,
  type Route,
  runMiddlewares,
  type SharedRoutes,
} from "./route.ts";
import { Router } from "./router.ts";
import type { Middleware } from "./types.ts";

/** Gives an application the build that it serves. */
export let setBuildCache: <State>(app: App<State>, cache: BuildCache) => void;

/** An application: middlewares in the order in which they were added, and the routes of files. */
export class App<State> {
  readonly #middlewares: Middleware<State>[] = [];
  /** How many middlewares come before the routes of files; `undefined` without these. */
  #routesAt: number | undefined;
  #cache: BuildCache = EMPTY_BUILD;

  static {
    setBuildCache = (app, cache) => app.#cache = cache;
  }

  /** Adds middlewares for all paths. */
  use(...middlewares: Middleware<State>[]): this {
    this.#middlewares.push(...middlewares);
    return this;
  }

  /** Adds the files of the routes directory, which pass only the middlewares added before. */
  fsRoutes(): this {
    this.#routesAt = this.#middlewares.length;
    return this;
  }

  /** The function that answers requests, for `Deno.serve` and for tests. */
  handler(): (request: Request, info?: Deno.ServeHandlerInfo) => Promise<Response> {
    const cache = this.#cache;
    const shared: SharedRoutes<State> = {};
    const router = new Router<State>();
    for (const { id, module } of this.#routesAt === undefined ? [] : cache.routes) {
      const route = module as Route<State>;
      if (id === "_app") shared.app = route.default;
      else if (id === "_error") shared.error = route;
      else if (id === "_404") shared.notFound = route;
      else router.add({ id, module });
    }
    const middlewares = [answerErrors(shared), ...this.#middlewares];
    const beforeRoutes = middlewares.slice(0, 1 + (this.#routesAt ?? 0));

    return async (req, info = LOCAL_CONNECTION) => {
      const url = new URL(req.url);
      url.pathname = url.pathname.replaceAll(/\/+/g, "/");
      const { route, params = {} } = router.match(url) ?? {};
      const ctx = new Context<State>({ req, url, params, info, cache });
      ctx.next = () => route ? answerRoute(ctx, route, shared) : Promise.reject(new HttpError(404));
      try {
        return await runMiddlewares(route ? beforeRoutes : middlewares, ctx);
      } catch (error) {
        return toResponse(error);
      }
    };
  }
}

const LOCAL_CONNECTION: Deno.ServeHandlerInfo = {
  remoteAddr: { transport: "tcp", hostname: "localhost", port: 1234 },
  completed: Promise.resolve(),
};

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
