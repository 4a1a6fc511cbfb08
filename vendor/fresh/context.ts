import type { BuildCache } from "./build_cache.ts";

/** What a {@linkcode Context} is made of. */
export interface ContextInit {
  /** The request. */
  req: Request;
  /** Its URL. */
  url: URL;
  /** What the path has in place of the route's parameters. */
  params: Record<string, string>;
  /** The connection. */
  info: Deno.ServeHandlerInfo;
  /** The build whose files are served. */
  cache: BuildCache;
}

/** The build that a context serves. */
export let getBuildCache: <State>(ctx: Context<State>) => BuildCache;

/** One request on its way through the middlewares to its handler. */
export class Context<State> {
  /** The URL of the request. */
  readonly url: URL;
  /** The request. */
  req: Request;
  /** The parameters in the path of the matched route. */
  readonly params: Record<string, string>;
  /** Shared by everything that handles this request. */
  readonly state: State = {} as State;
  /** What was thrown while this request was handled. */
  error: unknown | null = null;
  /** The connection. */
  readonly info: Deno.ServeHandlerInfo;
  /** Passes the request on to the next middleware, or to the handler. */
  next: () => Promise<Response> = () => Promise.reject(new TypeError("Nothing comes next"));

  readonly #cache: BuildCache;

  static {
    getBuildCache = (ctx) => ctx.#cache;
  }

  /** Made by the application for each request. */
  constructor({ req, url, params, info, cache }: ContextInit) {
    this.req = req;
    this.url = url;
    this.params = params;
    this.info = info;
    this.#cache = cache;
  }
}
