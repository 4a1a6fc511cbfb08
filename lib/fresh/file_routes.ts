import type { RoutingTable } from "./routing_table.ts";
import type { Middleware, Route, RouteComponent, RouteConfig, RouteHandler } from "./types.ts";

/** A file of the routes directory. */
export interface RouteFile {
  /** Its path within the routes directory, without the extension: `videos/[id]`. */
  id: string;
  /** What it exports. */
  module: RouteModule;
}

/** What a file of the routes directory can export; the application's types are checked there. */
export interface RouteModule {
  // deno-lint-ignore no-explicit-any
  default?: RouteComponent<any> | Middleware<any> | Middleware<any>[];
  // deno-lint-ignore no-explicit-any
  handler?: RouteHandler<any, any> | Middleware<any>[];
  // deno-lint-ignore no-explicit-any
  handlers?: RouteHandler<any, any> | Middleware<any>[];
  config?: RouteConfig;
}

/** Adds the files of the routes directory to a table, in the order of {@linkcode sortRouteIds}. */
export function addFileRoutes<State>(
  table: RoutingTable<State>,
  files: readonly RouteFile[],
): void {
  for (const file of files) addFileRoute(table, file);
}

function addFileRoute<State>(
  table: RoutingTable<State>,
  { id, module }: RouteFile,
): void {
  const handler = module.handlers ?? module.handler;
  const component = module.default;
  if (
    handler === undefined && component === undefined &&
    module.config === undefined
  ) {
    throw new TypeError(
      `Cannot use routes/${id}: expected an exported component or handler`,
    );
  }
  const route = { handler, component, config: module.config } as Route<State>;
  const [, directory = "", name = ""] = /^(?:(.*)\/)?([^/]*)$/.exec(id) ?? [];
  const place = toPattern(directory, true);
  switch (name) {
    case "_app":
      return table.appWrapper(component as RouteComponent<State>);
    case "_layout":
      return table.layout(place, component as RouteComponent<State>);
    case "_middleware":
      return table.use(
        place,
        [handler ?? component].flat() as Middleware<State>[],
      );
    case "_error":
    case "_500":
      return table.onError(place, route);
    case "_404":
      return table.notFound(route);
    default: {
      const inDirectory = toPattern(id, true) +
        (name === "index" && directory !== "" ? "/" : "");
      table.route(
        inDirectory,
        module.config?.routeOverride ?? toPattern(id, false),
        route,
      );
    }
  }
}

/** The `URLPattern` pathname of a route file; groups such as `(name)` stay with `keepGroups`. */
export function toPattern(id: string, keepGroups: boolean): string {
  const parts = id.split("/").filter((part) => part !== "");
  if (parts.at(-1) === "index") parts.pop();
  const pattern = parts
    .filter((part) => keepGroups || !/^\(.*\)$/.test(part))
    .map(partToPattern)
    .join("");
  return pattern === "" ? "/" : pattern;
}

function partToPattern(part: string): string {
  if (part.includes("][")) {
    throw new SyntaxError(
      `Cannot use route ${part}: nothing separates its parameters`,
    );
  }
  const rest = /^\[\.\.\.(.+)\]$/.exec(part);
  if (rest !== null) return `/:${rest[1]}*`;
  return `/${part.replaceAll(/\[([^\]]+)\]/g, ":$1")}`;
}

/** Sorts route files so that what others depend on, and what is more specific, comes first. */
export function sortRouteIds(ids: readonly string[]): string[] {
  return ids.toSorted((a, b) => compareIds(a.split("/"), b.split("/")));
}

function compareIds(a: string[], b: string[]): number {
  if (a.length === 0 && b.length === 0) return 0;
  const [partA = "", ...restA] = a;
  const [partB = "", ...restB] = b;
  if (partA === partB) return compareIds(restA, restB);
  const rank = rankOf(partA, restA.length > 0) -
    rankOf(partB, restB.length > 0);
  return rank !== 0 ? rank : partA < partB ? -1 : 1;
}

const SPECIAL_FILES = [
  "_app",
  "_middleware",
  "_layout",
  "_404",
  "_error",
  "_500",
  "index",
];

function rankOf(part: string, isDirectory: boolean): number {
  const special = isDirectory ? -1 : SPECIAL_FILES.indexOf(part);
  if (special !== -1) return special;
  if (part.startsWith("[...")) return SPECIAL_FILES.length + 3;
  if (part.includes("[")) return SPECIAL_FILES.length + 2;
  return SPECIAL_FILES.length + (/^\(.*\)$/.test(part) ? 1 : 0);
}
