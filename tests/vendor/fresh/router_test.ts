import { expect } from "expect";
import fc from "fast-check";
import { Router, sortRouteIds } from "../../../vendor/fresh/router.ts";

Deno.test("route files are sorted by how specific they are", () => {
  const sorted = ["about", "items/new", "items/[id]", "items/[id]/all", "[page]"];
  const shuffled = fc.shuffledSubarray(sorted, { minLength: sorted.length });
  fc.assert(fc.property(shuffled, (ids) => expect(sortRouteIds(ids)).toEqual(sorted)));
});

Deno.test("route files of kinds that only Fresh has are refused", () => {
  for (const id of ["_layout", "items/_middleware", "(group)/about", "[...rest]", "[[id]]"]) {
    expect(() => new Router().add({ id, module: {} })).toThrow(`Cannot use routes/${id}`);
  }
});

Deno.test("the first of several patterns that match is taken", () => {
  const router = new Router();
  const [id, all] = [{ handler: () => new Response() }, { handler: () => new Response() }];
  router.add({ id: "items/[id]", module: id });
  router.add({ id: "[folder]/[file]", module: all });
  const match = (path: string) => router.match(new URL(path, "http://localhost"));
  expect(match("/items/7")).toEqual({ route: id, params: { id: "7" } });
  expect(match("/other/7")).toEqual({ route: all, params: { folder: "other", file: "7" } });
  expect(match("/other")).toBeUndefined();
});
