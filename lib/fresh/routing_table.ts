import { HttpError } from "./http_error.ts";
import { METHODS, Router } from "./router.ts";
import { runRoute, Segment } from "./segment.ts";
import type { Method, Middleware, Route, RouteComponent } from "./types.ts";

/** Where a request goes. */
export interface Destination<State> {
  /** The pattern of the route, if there is one. */
  pattern: string | null;
  params: Record<string, string>;
  middlewares: readonly Middleware<State>[];
  /** What answers when all middlewares pass the request on. */
  next: () => Promise<Response>;
}

/** The routes of an application, built by registering them in order. */
export class RoutingTable<State> {
  readonly #root = new Segment<State>();
  readonly #router = new Router<readonly Middleware<State>[]>();

  /** Adds middlewares for the routes at and below `path` that are added later. */
  use(path: string, middlewares: readonly Middleware<State>[]): void {
    this.#root.find(path, true).middlewares.push(...middlewares);
  }

  /** Sets the layout of the pages below `path`. */
  layout(path: string, component: RouteComponent<State>): void {
    this.#root.find(path, true).layout = component;
  }

  /** Sets what answers when something below `path` throws. */
  onError(path: string, route: Route<State>): void {
    this.#root.find(path, true).errorRoute = route;
  }

  /** Sets what answers when nothing is found. */
  notFound(route: Route<State>): void {
    this.#root.notFound = route;
  }

  /** Sets the component around all pages. */
  appWrapper(component: RouteComponent<State>): void {
    this.#root.app = component;
  }

  /** Adds handlers of a path. */
  handle(
    methods: readonly Method[],
    path: string,
    handlers: readonly Middleware<State>[],
  ): void {
    this.#add(methods, path, path, handlers);
  }

  /** Adds a route: `place` says where it lies among the segments, `pattern` which paths it has. */
  route(
    place: string,
    pattern: string,
    route: Route<State>,
    methods = METHODS,
  ): void {
    this.#add(methods, place, pattern, [(ctx) => runRoute(ctx, route)]);
  }

  /** Finds what answers a request. */
  match(method: string, url: URL): Destination<State> {
    const match = this.#router.match(method, url);
    const pattern = match?.pattern ?? null;
    if (match?.item !== undefined) {
      return {
        pattern,
        params: match.params,
        middlewares: match.item,
        next: answerNotFound,
      };
    }
    let next = answerNotFound;
    if (match !== undefined) {
      next = method === "OPTIONS" ? () => answerOptions(match.methods) : answerNotAllowed;
    }
    return { pattern, params: {}, middlewares: this.#root.chain(), next };
  }

  #add(
    methods: readonly Method[],
    place: string,
    pattern: string,
    handlers: readonly Middleware<State>[],
  ): void {
    const chain = [...this.#root.find(place, false).chain(), ...handlers];
    const path = pattern === "*" ? "/*" : pattern;
    for (const method of methods) this.#router.add(method, path, chain);
  }
}

function answerNotFound(): Promise<Response> {
  return Promise.reject(new HttpError(404));
}

function answerNotAllowed(): Promise<Response> {
  return Promise.reject(new HttpError(405));
}

function answerOptions(methods: readonly string[]): Promise<Response> {
  return Promise.resolve(
    new Response(null, { status: 204, headers: { Allow: methods.join(", ") } }),
  );
}
