import type { RouteFile } from "./build_cache.ts";
import type { Route } from "./route.ts";

/** The route of a path. */
export interface RouteMatch<State> {
  route: Route<State>;
  /** What the path has in place of the parameters, decoded. */
  params: Record<string, string>;
}

/** Finds the routes of files by path: literal paths first, then those with parameters in their order. */
export class Router<State> {
  readonly #literals = new Map<string, Route<State>>();
  readonly #patterns: { pattern: URLPattern; route: Route<State> }[] = [];

  /**
   * Adds a file of the routes directory.
   *
   * @throws {TypeError} If it is of a kind that only Fresh itself has.
   */
  add({ id, module }: RouteFile): void {
    if (/(?:^|\/)(?:_|\()|\[\.|\[\[|\]\[/.test(id)) {
      throw new TypeError(`Cannot use routes/${id}: the stand-in for Fresh has no such routes`);
    }
    const route = module as Route<State>;
    const pathname = `/${id.replace(/(?:^|\/)index$/, "")}`;
    if (!pathname.includes("[")) this.#literals.set(pathname, route);
    else {
      const pattern = pathname.replaceAll(/\[([^\]]+)\]/g, ":$1");
      this.#patterns.push({ pattern: new URLPattern({ pathname: pattern }), route });
    }
  }

  /** Finds the first route for the path of `url`. */
  match(url: URL): RouteMatch<State> | undefined {
    const literal = this.#literals.get(url.pathname) ??
      this.#literals.get(url.pathname.replace(/\/$/, ""));
    if (literal !== undefined) return { route: literal, params: {} };
    for (const { pattern, route } of this.#patterns) {
      const groups = pattern.exec(url)?.pathname.groups;
      if (groups === undefined) continue;
      const entries = Object.entries(groups).map(([name, value = ""]) => [name, decodeURI(value)]);
      return { route, params: Object.fromEntries(entries) };
    }
    return undefined;
  }
}

/** Sorts route files so that what is more specific comes first. */
export function sortRouteIds(ids: readonly string[]): string[] {
  const keyOf = (id: string) => id.replaceAll("[", "~");
  return ids.toSorted((a, b) => keyOf(a) < keyOf(b) ? -1 : 1);
}
