import { expect } from "expect";
import fc from "fast-check";
import { Builder } from "fresh/dev";
import { sortRouteIds } from "../../vendor/fresh/file_routes.ts";
import type { State } from "./fixture/define.ts";
import { app } from "./fixture/main.ts";
import { captureConsoleErrors, request } from "./request.ts";

const builder = new Builder<State>({ root: new URL("./fixture", import.meta.url).href });
(await builder.build({ snapshot: "memory" }))(app);

Deno.test("a file route renders its page with the data, status and headers of its handler", async () => {
  const response = await request(app, "/items/7");
  expect(response.status).toBe(203);
  expect(response.headers.get("X-Item")).toBe("7");
  expect(response.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
  expect(await response.text()).toContain("<h1>Item 7.0</h1>");
});

Deno.test("a file route has a handler for each method, and is a 404 for others", async () => {
  const posted = await request(app, "/items/7", { method: "POST", body: "tea" });
  expect([posted.status, await posted.text()]).toEqual([201, "posted tea"]);
  expect((await request(app, "/items/7", { method: "DELETE" })).status).toBe(404);
  expect((await request(app, "/items/7", { method: "HEAD" })).status).toBe(203);
});

Deno.test("a handler function answers every method, also under the name handlers", async () => {
  const response = await request(app, "/items/new", { method: "PATCH" });
  expect(await response.text()).toBe("PATCH new");
});

Deno.test("a page without a handler answers HEAD too", async () => {
  expect((await request(app, "/", { method: "HEAD" })).status).toBe(200);
});

Deno.test("middlewares of directories run from the outside in", async () => {
  const visited = async (path: string) => (await request(app, path)).headers.get("X-Visited");
  expect(await visited("/")).toBe("main routes");
  expect(await visited("/items/7")).toBe("main routes items-1 items-2");
  expect(await (await request(app, "/early")).json()).toEqual(["main"]);
});

Deno.test("a group has a layout but no part in the path, and its page may be asynchronous", async () => {
  const html = await (await request(app, "/about")).text();
  expect(html).toContain('<section class="group"><nav><h1>About, in time</h1>');
  expect((await request(app, "/group/about")).status).toBe(404);
});

Deno.test("the app wrapper is rendered after the page, so that pages can set its title", async () => {
  const html = await (await request(app, "/")).text();
  expect(html).toMatch(/^<!DOCTYPE html><html lang="en"><head>.*<title>Two islands<\/title>/);
});

Deno.test("links to the current page and to those above it are marked", async () => {
  const html = await (await request(app, "/about")).text();
  expect(html).toContain('<a href="/" data-ancestor="true" aria-current="true">');
  expect(html).toContain('<a href="/about" data-current="true" aria-current="page">');
  expect(html).toContain('<a href="/items/1">');
});

Deno.test("[...rest] takes the rest of the path", async () => {
  expect(await (await request(app, "/files/a/b%20c")).json()).toEqual({ rest: "a/b c" });
});

Deno.test("routeOverride replaces the pattern of the file", async () => {
  expect(await (await request(app, "/elsewhere/2026")).json()).toEqual({ year: "2026" });
  expect((await request(app, "/elsewhere/now")).status).toBe(404);
  expect((await request(app, "/override")).status).toBe(404);
});

Deno.test("_404 answers for missing routes and for handlers that throw a 404", async () => {
  const missing = await request(app, "/nowhere");
  expect(missing.status).toBe(404);
  expect(await missing.text()).toContain("<h1>Nothing at /nowhere</h1>");
  expect(await (await request(app, "/items/none")).text()).toContain("Nothing at /items/none");
});

Deno.test("_error renders an HttpError with its status", async () => {
  const response = await request(app, "/items/gone");
  expect(response.status).toBe(410);
  expect(await response.text()).toContain("<h1>Error 410: No longer here</h1>");
});

Deno.test("_error renders any other error as a 500 that does not show its text", async () => {
  using _console = captureConsoleErrors();
  const response = await request(app, "/items/broken");
  expect(response.status).toBe(500);
  const html = await response.text();
  expect(html).toContain("<h1>Failed</h1>");
  expect(html).not.toContain("hunter2");
});

Deno.test("tests among the routes are left out", async () => {
  expect((await request(app, "/skipped_test")).status).toBe(404);
});

Deno.test("route files are sorted by what depends on them and by how specific they are", () => {
  const sorted = [
    "_app",
    "_middleware",
    "_layout",
    "_404",
    "_error",
    "index",
    "about",
    "items/_middleware",
    "items/new",
    "items/[id]",
    "items/[...rest]",
    "(group)/help",
    "[page]",
    "[...rest]",
  ];
  const shuffled = fc.shuffledSubarray(sorted, { minLength: sorted.length });
  fc.assert(fc.property(shuffled, (ids) => expect(sortRouteIds(ids)).toEqual(sorted)));
});
