import type { RouteTable } from "./route_table.ts";
import { METHODS } from "./router.ts";
import { runRoute } from "./segment.ts";
import type { Middleware, Route, RouteComponent, RouteConfig } from "./types.ts";

/** What a file of the routes directory can export; the types are checked in the file itself. */
export interface RouteModule {
  /** A page, a layout or the app wrapper; in a `_middleware` file it may be middlewares. */
  default?: unknown;
  /** Answers requests; in a `_middleware` file one middleware or a list of them. */
  handler?: unknown;
  /** The same as `handler`; where a file exports both, this one counts. */
  handlers?: unknown;
  /** Of no use in files without a path of their own, such as `_layout`. */
  config?: RouteConfig;
}

/** A file of the routes directory. */
export interface RouteFile {
  /** Its path within the routes directory, without the extension: `videos/[id]`. */
  id: string;
  /** What the file exports. */
  module: RouteModule;
}

/**
 * Adds a file of the routes directory to a table.
 *
 * @throws {TypeError} If it exports nothing that a route can be made of.
 */
export function addFileRoute<State>(
  { root, add }: RouteTable<State>,
  { id, module }: RouteFile,
): void {
  const handler = module.handlers ?? module.handler;
  if (handler === undefined && module.default === undefined && module.config === undefined) {
    throw new TypeError(`Cannot use routes/${id}: expected an exported component or handler`);
  }
  const component = module.default as RouteComponent<State>;
  const route = { handler, component } as Route<State>;
  const directory = id.split("/").slice(0, -1);
  const segment = root.find(toPattern(directory));
  switch (id.split("/").at(-1)) {
    case "_app":
      root.app = component;
      break;
    case "_layout":
      segment.layout = component;
      break;
    case "_middleware":
      segment.middlewares.push(...[handler ?? component].flat() as Middleware<State>[]);
      break;
    case "_error":
    case "_500":
      segment.errorRoute = route;
      break;
    case "_404":
      root.notFound = route;
      break;
    default: {
      const path = id.replace(/(?:^|\/)index$/, "").split("/").filter((it) => !/^\(.*\)$/.test(it));
      const pattern = module.config?.routeOverride ?? toPattern(path);
      add(METHODS, segment, pattern, [(ctx) => runRoute(ctx, route)]);
    }
  }
}

function toPattern(parts: readonly string[]): string {
  return `/${parts.filter((it) => it !== "").map(partToPattern).join("/")}`;
}

function partToPattern(part: string): string {
  if (part.includes("][")) {
    throw new SyntaxError(`Cannot use route ${part}: nothing separates its parameters`);
  }
  return part.replace(/^\[\.\.\.(.+)\]$/, ":$1*").replaceAll(/\[([^\]]+)\]/g, ":$1");
}

/** Sorts route files so that what others depend on, and what is more specific, comes first. */
export function sortRouteIds(ids: readonly string[]): string[] {
  return ids.map((id) => ({ id, key: sortKey(id) }))
    .toSorted((a, b) => a.key < b.key ? -1 : 1)
    .map(({ id }) => id);
}

const SPECIAL_FILES = ["_app", "_middleware", "_layout", "_404", "_error", "_500", "index"];

function sortKey(id: string): string {
  const parts = id.split("/");
  return parts.map((part, index) => {
    const special = index === parts.length - 1 ? SPECIAL_FILES.indexOf(part) : -1;
    if (special !== -1) return `${special}`;
    // Literal names, then groups, then parameters, then what takes all the rest of a path.
    return (part.startsWith("[...")
      ? "d"
      : part.includes("[")
      ? "c"
      : part[0] === "("
      ? "b"
      : "a") +
      part;
  }).join("\0");
}
