import { HttpError } from "./http_error.ts";
import { Router } from "./router.ts";
import { Segment } from "./segment.ts";
import type { Method, Middleware } from "./types.ts";

/** Where a request goes. */
export interface Destination<State> {
  /** The pattern of the route, if there is one. */
  pattern: string | null;
  /** What the path has in place of the route's parameters; empty when no route answers. */
  params: Record<string, string>;
  /** What the request passes, in this order; where a route answers, its handlers come last. */
  middlewares: readonly Middleware<State>[];
  /** What answers when all middlewares pass the request on. */
  next: () => Promise<Response>;
}

/** The routes of an application, built by registering them in order. */
export class RouteTable<State> {
  /** The segment of all paths. */
  readonly root = new Segment<State>();
  readonly #router = new Router<readonly Middleware<State>[]>();

  /** Adds handlers that run after all that `segment` has by now. */
  readonly add = (
    methods: readonly Method[],
    segment: Segment<State>,
    pattern: string,
    handlers: readonly Middleware<State>[],
  ): void => {
    const chain = [...segment.chain(), ...handlers];
    for (const method of methods) this.#router.add(method, pattern, chain);
  };

  /** Finds what answers a request. */
  match(method: string, url: URL): Destination<State> {
    const match = this.#router.match(method, url);
    const { pattern = null, params = {}, item } = match ?? {};
    if (item !== undefined) {
      return { pattern, params, middlewares: item, next: () => fail(404) };
    }
    let next = () => fail(match === undefined ? 404 : 405);
    if (match !== undefined && method === "OPTIONS") {
      const headers = { Allow: match.methods.join(", ") };
      next = () => Promise.resolve(new Response(null, { status: 204, headers }));
    }
    return { pattern, params: {}, middlewares: this.root.chain(), next };
  }
}

function fail(status: 404 | 405): Promise<Response> {
  return Promise.reject(new HttpError(status));
}
