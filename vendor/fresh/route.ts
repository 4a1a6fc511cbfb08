import { type FunctionComponent, h, type VNode } from "preact";
import { type Context, getBuildCache } from "./context.ts";
import { NONCE } from "./csp.ts";
import { HttpError } from "./http_error.ts";
import { rawHtml, renderPage } from "./render_page.ts";
import type { HandlerFn, Middleware, PageProps, RouteComponent } from "./types.ts";

/** A page with its handler, as a route file exports them. */
export interface Route<State> {
  /** The page; without one the handler answers by itself. */
  default?: RouteComponent<State>;
  /** Without one, every request is answered with the page. */
  handler?: HandlerFn<unknown, State>;
}

/** What is shared by all routes. */
export interface SharedRoutes<State> {
  /** The component around all pages. */
  app?: RouteComponent<State> | undefined;
  /** Answers when something throws. */
  error?: Route<State> | undefined;
  /** Answers where there is nothing. */
  notFound?: Route<State> | undefined;
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
      return await middleware(ctx);
    };
  }
  return await run();
}

/** A middleware that answers what the following ones throw with the error pages. */
export function answerErrors<State>(shared: SharedRoutes<State>): Middleware<State> {
  return async (ctx) => {
    try {
      return await ctx.next();
    } catch (error) {
      ctx.error = error;
      const status = error instanceof HttpError ? error.status : 500;
      if (shared.notFound !== undefined && status === 404) {
        return await answerRoute(ctx, shared.notFound, shared);
      }
      if (shared.error === undefined) throw error;
      return await answerRoute(ctx, shared.error, shared, status);
    }
  };
}

/** Gives a request to the handler of a route, and renders its page if the handler says so. */
export async function answerRoute<State>(
  ctx: Context<State>,
  { handler, default: component }: Route<State>,
  { app }: SharedRoutes<State>,
  defaultStatus = 200,
): Promise<Response> {
  const result = await (handler?.(ctx) ?? { data: {} });
  if (result instanceof Response) return result;
  const { data, status = defaultStatus } = result;
  const { html, nonce, link } = renderPage({
    page: component && elementOf(component, ctx, data, () => null),
    wrap: (html) => app ? elementOf(app, ctx, null, () => rawHtml(html)) : rawHtml(html),
    cache: getBuildCache(ctx),
  });
  const headers = new Headers(result.headers);
  headers.set("Content-Type", "text/html; charset=utf-8");
  if (link !== undefined) headers.append("Link", link);
  return Object.assign(new Response(html, { status, headers }), { [NONCE]: nonce });
}

function elementOf<State>(
  component: RouteComponent<State>,
  { url, req, params, info, state, error }: Context<State>,
  data: unknown,
  Component: FunctionComponent,
): VNode {
  const props = { url, req, params, info, state, error, data, Component };
  return h(component as FunctionComponent<PageProps<unknown, State>>, props) as VNode;
}
