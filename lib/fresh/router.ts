import type { Method } from "./types.ts";

/** The methods under which a handler for all methods is registered. */
export const METHODS: readonly Method[] = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
];

interface Entry<T> {
  pattern: string;
  matcher: URLPattern | undefined;
  byMethod: Map<string, T>;
}

/** The route that a request matches. */
export interface RouteMatch<T> {
  /** The pattern of the route. */
  pattern: string;
  /** The decoded parameters of the path. */
  params: Record<string, string>;
  /** What was registered for the method; `undefined` where the route does not have the method. */
  item: T | undefined;
  /** The methods of the route. */
  methods: string[];
}

const IS_PATTERN = /[*:{}+?()]/;

/** Finds routes by path and method: literal paths first, then patterns in order of registration. */
export class Router<T> {
  readonly #literals = new Map<string, Entry<T>>();
  readonly #patterns = new Map<string, Entry<T>>();

  /** Registers `item`; the first registration of a path and method stays. */
  add(method: Method, pattern: string, item: T): void {
    const isPattern = IS_PATTERN.test(pattern);
    const entries = isPattern ? this.#patterns : this.#literals;
    let entry = entries.get(pattern);
    if (entry === undefined) {
      const matcher = isPattern ? new URLPattern({ pathname: pattern }) : undefined;
      entry = { pattern, matcher, byMethod: new Map() };
      entries.set(pattern, entry);
    }
    if (!entry.byMethod.has(method)) entry.byMethod.set(method, item);
  }

  /** The first route that matches the path, whether or not it has the method. */
  match(method: string, url: URL): RouteMatch<T> | undefined {
    const literal = this.#literals.get(url.pathname) ??
      this.#literals.get(alternateSlash(url.pathname));
    if (literal !== undefined) return toMatch(literal, method, {});
    for (const entry of this.#patterns.values()) {
      const groups = entry.matcher?.exec(url)?.pathname.groups;
      if (groups !== undefined) return toMatch(entry, method, groups);
    }
    return undefined;
  }
}

function toMatch<T>(
  { pattern, byMethod }: Entry<T>,
  method: string,
  groups: Record<string, string | undefined>,
): RouteMatch<T> {
  const item = byMethod.get(method) ??
    (method === "HEAD" ? byMethod.get("GET") : undefined);
  const params: Record<string, string> = Object.create(null);
  if (item !== undefined) {
    for (const [name, value] of Object.entries(groups)) {
      params[name] = decode(value ?? "");
    }
  }
  return { pattern, params, item, methods: [...byMethod.keys()] };
}

function decode(parameter: string): string {
  try {
    return decodeURI(parameter);
  } catch {
    return parameter;
  }
}

function alternateSlash(pathname: string): string {
  if (pathname === "/") return pathname;
  return pathname.endsWith("/") ? pathname.slice(0, -1) : `${pathname}/`;
}
