import { expect } from "expect";
import { Builder } from "fresh/dev";
import type { State } from "./fixture/define.ts";
import { app } from "./fixture/main.ts";
import { captureConsoleErrors, request } from "./request.ts";

const builder = new Builder<State>({ root: new URL("./fixture", import.meta.url).href });
(await builder.build({ snapshot: "memory" }))(app);

Deno.test("a page has the data, status and headers of its handler", async () => {
  const response = await request(app, "/items/7");
  expect(response.status).toBe(203);
  expect(response.headers.get("X-Item")).toBe("7");
  expect(response.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
  expect(await response.text()).toContain("<h1>Item 7</h1>");
});

Deno.test("a handler may answer by itself, whatever the method", async () => {
  const response = await request(app, "/items/new", { method: "PATCH", body: "tea" });
  expect([response.status, await response.text()]).toEqual([201, "PATCH new tea"]);
});

Deno.test("a page without a handler answers HEAD too", async () => {
  expect((await request(app, "/", { method: "HEAD" })).status).toBe(200);
});

Deno.test("a literal path wins over one with a parameter, with and without a slash at its end", async () => {
  expect(await (await request(app, "/items/new")).text()).toBe("GET new ");
  expect(await (await request(app, "/items/new/")).text()).toBe("GET new ");
});

Deno.test("parameters are decoded, but for the slashes in them", async () => {
  const html = await (await request(app, "/items/gr%C3%BCn%20tea")).text();
  expect(html).toContain("<h1>Item grün tea</h1>");
  expect(await (await request(app, "/items/a%2Fb")).text()).toContain("<h1>Item a%2Fb</h1>");
});

Deno.test("slashes in a row count as one", async () => {
  expect(await (await request(app, "//items///7")).text()).toContain("<h1>Item 7</h1>");
});

Deno.test("middlewares wrap the route in the order in which they were added", async () => {
  expect((await request(app, "/")).headers.get("X-Visited")).toBe("first second");
});

Deno.test("middlewares see what no route answers, also those added after the routes", async () => {
  const response = await request(app, "/late");
  expect([await response.text(), response.headers.get("X-Visited")])
    .toEqual(["late", "first second late"]);
});

Deno.test("the app wrapper is rendered after the page, so that pages can set its title", async () => {
  const html = await (await request(app, "/")).text();
  expect(html).toMatch(/^<!DOCTYPE html><html lang="en"><head>.*<title>Two islands<\/title>/);
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
