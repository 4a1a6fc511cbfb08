import { type Context, getWrappers, renderRouteComponent } from "./context.ts";
import { HttpError } from "./http_error.ts";
import type { HandlerFn, Middleware, Route, RouteComponent, RouteHandler } from "./types.ts";

/** What the routes below one part of a path share. */
export class Segment<State> {
  /** In the order in which they were added. */
  readonly middlewares: Middleware<State>[] = [];
  /** The component around all pages; only the root segment has one. */
  app: RouteComponent<State> | undefined;
  /** Around the pages of this segment, within the layouts of those above. */
  layout: RouteComponent<State> | undefined;
  /** Answers when something below throws; `undefined` leaves that to the segments above. */
  errorRoute: Route<State> | undefined;
  /** Answers in place of an error of status 404; only that of the root segment counts. */
  notFound: Route<State> | undefined;
  readonly #parent: Segment<State> | undefined;
  readonly #children = new Map<string, Segment<State>>();

  /** Makes a segment without anything in it; one without a `parent` is the root. */
  constructor(parent?: Segment<State>) {
    this.#parent = parent;
  }

  /** The segment of a pattern below this one. */
  find(pattern: string): Segment<State> {
    if (/^\/?\*?$/.test(pattern)) return this;
    const [part = "", rest = ""] = /^\/?([^/]*)(.*)$/.exec(pattern)!.slice(1);
    return this.#children.getOrInsertComputed(part, () => new Segment(this)).find(rest);
  }

  /** Everything that a request passes before the handler, as registered until now. */
  chain(): Middleware<State>[] {
    return [...this.#parent?.chain() ?? [], this.#enter(), ...this.middlewares];
  }

  get #root(): Segment<State> {
    return this.#parent === undefined ? this : this.#parent.#root;
  }

  #enter(): Middleware<State> {
    const { app, layout, errorRoute } = this;
    const root = this.#root;
    return async (ctx) => {
      const wrappers = getWrappers(ctx);
      const outer = { ...wrappers };
      if (app !== undefined) wrappers.app = app;
      if (layout !== undefined) wrappers.layouts = [...wrappers.layouts, layout];
      try {
        return await ctx.next();
      } catch (error) {
        // What the router throws has not passed a middleware before.
        ctx.error = error;
        const status = error instanceof HttpError ? error.status : 500;
        if (root.notFound !== undefined && status === 404) {
          return await runRoute(ctx, root.notFound);
        }
        if (errorRoute !== undefined) return await runRoute(ctx, errorRoute, status);
        throw error;
      } finally {
        Object.assign(wrappers, outer);
      }
    };
  }
}

/** Passes a request through middlewares, each of which calls the next with `ctx.next()`. */
export async function runMiddlewares<State>(
  middlewares: readonly Middleware<State>[],
  ctx: Context<State>,
): Promise<Response> {
  let run = ctx.next;
  for (const middleware of middlewares.toReversed()) {
    const inner = run;
    run = async () => {
      ctx.next = inner;
      try {
        return await middleware(ctx);
      } catch (error) {
        ctx.error = error;
        throw error;
      }
    };
  }
  return await run();
}

/** Gives a request to the handler of a route, and renders its page if the handler says so. */
export async function runRoute<State>(
  ctx: Context<State>,
  { handler, component }: Route<State>,
  defaultStatus = 200,
): Promise<Response> {
  const fn = handlerFor(ctx.req.method, handler, component !== undefined);
  if (fn === undefined) return await ctx.next();
  const result = await fn(ctx);
  if (result instanceof Response) return result;
  const { data, headers = {}, status = defaultStatus } = result;
  const vnode = component === undefined
    ? null
    : await renderRouteComponent(ctx, component, data, () => null);
  return vnode instanceof Response ? vnode : await ctx.render(vnode, { headers, status });
}

function handlerFor<State>(
  method: string,
  handler: RouteHandler<unknown, State> | undefined,
  hasPage: boolean,
): HandlerFn<unknown, State> | undefined {
  const renderPage = hasPage ? () => ({ data: {} }) : undefined;
  if (typeof handler !== "object") return handler ?? renderPage;
  const byMethod = new Map(Object.entries(handler));
  const get = byMethod.get("GET") ?? renderPage;
  return byMethod.get(method) ?? (method === "GET" || method === "HEAD" ? get : undefined);
}
