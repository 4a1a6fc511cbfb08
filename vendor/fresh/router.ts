import type { Method } from "./types.ts";

/** All methods that a route can have. */
export const METHODS: readonly Method[] = [
  ..."GET HEAD POST PUT PATCH DELETE OPTIONS".split(" ") as Method[],
];

/** The route of a path, whether or not it has the method of the request. */
export interface RouteMatch<T> {
  /** As it was registered. */
  pattern: string;
  /** What the path has in place of the parameters, decoded; empty for one that is left out. */
  params: Record<string, string>;
  /** What was registered for the method. */
  item: T | undefined;
  /** The methods that the route has. */
  methods: string[];
}

/** Finds routes by path and method: literal paths first, then patterns in order of registration. */
export class Router<T> {
  readonly #literals = new Map<string, Map<string, T>>();
  readonly #patterns = new Map<string, { matcher: URLPattern; byMethod: Map<string, T> }>();

  /** Registers `item`; the first one for a path and a method stays. */
  add(method: Method, pattern: string, item: T): void {
    const byMethod = /[*:{}+?()]/.test(pattern)
      ? this.#patterns.getOrInsertComputed(pattern, () => ({
        matcher: new URLPattern({ pathname: pattern }),
        byMethod: new Map(),
      })).byMethod
      : this.#literals.getOrInsertComputed(pattern, () => new Map());
    if (!byMethod.has(method)) byMethod.set(method, item);
  }

  /** Finds the first route for the path of `url`. */
  match(method: string, url: URL): RouteMatch<T> | undefined {
    for (const pathname of [url.pathname, withOtherEnd(url.pathname)]) {
      const byMethod = this.#literals.get(pathname);
      if (byMethod !== undefined) return toMatch(pathname, method, byMethod, {});
    }
    for (const [pattern, { matcher, byMethod }] of this.#patterns) {
      const match = matcher.exec(url);
      if (match !== null) return toMatch(pattern, method, byMethod, match.pathname.groups);
    }
    return undefined;
  }
}

function toMatch<T>(
  pattern: string,
  method: string,
  byMethod: Map<string, T>,
  groups: Record<string, string | undefined>,
): RouteMatch<T> {
  const item = byMethod.get(method) ?? (method === "HEAD" ? byMethod.get("GET") : undefined);
  const params: Record<string, string> = Object.create(null);
  for (const [name, value = ""] of Object.entries(groups)) params[name] = decode(value);
  return { pattern, params, item, methods: [...byMethod.keys()] };
}

function decode(parameter: string): string {
  try {
    return decodeURI(parameter);
  } catch {
    return parameter;
  }
}

function withOtherEnd(pathname: string): string {
  return pathname.endsWith("/") ? pathname.slice(0, -1) : `${pathname}/`;
}
