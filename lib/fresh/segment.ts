import { type Context, getWrappers, renderRouteComponent } from "./context.ts";
import { HttpError } from "./http_error.ts";
import type {
  HandlerFn,
  Method,
  Middleware,
  PageResponse,
  Route,
  RouteComponent,
} from "./types.ts";

/** What the routes below one part of a path share. */
export class Segment<State> {
  readonly middlewares: Middleware<State>[] = [];
  app: RouteComponent<State> | undefined;
  layout: RouteComponent<State> | undefined;
  errorRoute: Route<State> | undefined;
  notFound: Route<State> | undefined;
  readonly #parent: Segment<State> | undefined;
  readonly #children = new Map<string, Segment<State>>();

  constructor(parent?: Segment<State>) {
    this.#parent = parent;
  }

  /** The segment of `pattern`, or with `includeLast` false the one that it lies in. */
  find(pattern: string, includeLast: boolean): Segment<State> {
    if (pattern === "/" || pattern === "*" || pattern === "/*") return this;
    const parts = pattern.replaceAll(/\{[^}]*\}\??/g, "").split("/").slice(1);
    if (!includeLast) parts.pop();
    return parts.filter((it) => it !== "").reduce(
      (segment: Segment<State>, part) => segment.#child(part),
      this,
    );
  }

  /** Everything that a request passes before the handler, as registered until now. */
  chain(): Middleware<State>[] {
    const outer = this.#parent?.chain() ?? [];
    return [...outer, this.#enter(), ...this.middlewares];
  }

  #child(part: string): Segment<State> {
    const child = this.#children.get(part) ?? new Segment(this);
    this.#children.set(part, child);
    return child;
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
      if (layout !== undefined) {
        wrappers.layouts = [...wrappers.layouts, layout];
      }
      try {
        return await ctx.next();
      } catch (error) {
        const status = error instanceof HttpError ? error.status : 500;
        if (root.notFound !== undefined && status === 404) {
          return await runRoute(ctx, root.notFound);
        }
        if (errorRoute !== undefined) {
          return await runRoute(ctx, errorRoute, status);
        }
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
  let next = ctx.next;
  for (const middleware of middlewares.toReversed()) {
    const inner = next;
    next = async () => {
      ctx.next = inner;
      try {
        return await middleware(ctx);
      } catch (error) {
        ctx.error = error;
        throw error;
      }
    };
  }
  return await next();
}

/** Gives a request to the handler of a route, and renders its page if the handler says so. */
export async function runRoute<State>(
  ctx: Context<State>,
  { handler, component }: Route<State>,
  defaultStatus = 200,
): Promise<Response> {
  const isRead = ctx.req.method === "GET" || ctx.req.method === "HEAD";
  const fn = typeof handler === "object"
    ? handlerOf(handler, ctx.req.method) ??
      (component && isRead ? noData : undefined)
    : handler ?? (component && noData);
  if (fn === undefined) return await ctx.next();
  const result = await fn(ctx);
  if (result instanceof Response) return result;
  const { data, headers = {}, status = defaultStatus } = result;
  if (component === undefined) {
    return await ctx.render(null, { headers, status });
  }
  const vnode = await renderRouteComponent(ctx, component, data, () => null);
  return vnode instanceof Response ? vnode : await ctx.render(vnode, { headers, status });
}

function handlerOf<State>(
  handlers: { [M in Method]?: HandlerFn<unknown, State> },
  method: string,
): HandlerFn<unknown, State> | undefined {
  if (Object.hasOwn(handlers, method)) return handlers[method as Method];
  return method === "HEAD" ? handlers.GET : undefined;
}

function noData(): PageResponse<unknown> {
  return { data: {} };
}
