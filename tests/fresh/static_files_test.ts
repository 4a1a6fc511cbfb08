import { expect } from "expect";
import { App, staticFiles } from "fresh";
import { Builder } from "fresh/dev";
import { asset } from "fresh/runtime";
import { request } from "./request.ts";

const root = new URL("./fixture", import.meta.url).href;
const applyBuild = await new Builder({ root }).build({ snapshot: "memory" });
const app = new App().use(staticFiles()).all("*", (ctx) => ctx.text("route"));
applyBuild(app);

Deno.test("a static file has its type, length and a tag, and is not kept", async () => {
  const response = await request(app, "/styles.css");
  expect(response.headers.get("Content-Type")).toBe("text/css; charset=UTF-8");
  expect(response.headers.get("Etag")).toMatch(/^W\/"[0-9a-f]{64}"$/);
  expect(response.headers.get("Cache-Control")).toContain("no-cache");
  const text = await response.text();
  expect(text).toContain("color: #123456");
  expect(response.headers.get("Content-Length")).toBe(`${text.length}`);
});

Deno.test("a file that the browser has is a 304 without a body", async () => {
  const etag = (await request(app, "/styles.css")).headers.get("Etag") ?? "";
  const response = await request(app, "/styles.css", { headers: { "If-None-Match": etag } });
  expect([response.status, await response.text()]).toEqual([304, ""]);
  const other = { headers: { "If-None-Match": 'W/"other"' } };
  expect((await request(app, "/styles.css", other)).status).toBe(200);
});

Deno.test("HEAD has the headers without the body, other methods are a 405", async () => {
  const response = await request(app, "/styles.css", { method: "HEAD" });
  expect([response.status, await response.text()]).toEqual([200, ""]);
  expect(Number(response.headers.get("Content-Length"))).toBeGreaterThan(0);
  expect((await request(app, "/styles.css", { method: "POST" })).status).toBe(405);
});

Deno.test("asset() locks a file to the build: it may be kept for a year", async () => {
  const response = await request(app, asset("/styles.css"));
  expect(response.headers.get("Cache-Control")).toBe("public, max-age=31536000, immutable");
  expect(asset("https://elsewhere.example/a.css")).toBe("https://elsewhere.example/a.css");
  expect(asset("/a.css?b=1#c")).toMatch(/^\/a\.css\?b=1&__frsh_c=[0-9a-f]{16}#c$/);
});

Deno.test("a lock of another build leads to the file without it", async () => {
  const response = await request(app, "/styles.css?__frsh_c=0123&a=b");
  expect(response.status).toBe(307);
  expect(response.headers.get("location")).toBe("/styles.css?a=b");
});

Deno.test("in development nothing is kept", async () => {
  const developed = new App({ mode: "development" }).use(staticFiles());
  applyBuild(developed);
  const response = await request(developed, asset("/styles.css"));
  expect(response.headers.get("Cache-Control")).toContain("no-cache");
});

Deno.test("names are decoded, hidden files are not served except in .well-known", async () => {
  expect(await (await request(app, "/sub/two%20words.txt")).text()).toContain(
    "A file with a space",
  );
  expect(await (await request(app, "/.well-known/probe.json")).json()).toEqual({ ok: true });
  expect(await (await request(app, "/.hidden")).text()).toBe("route");
});

Deno.test("no path leads out of the static directory", async () => {
  const ways = ["/..%2fmain.ts", "/%2e%2e/main.ts", "/sub%2f..%2f..%2fmain.ts", "/..%5cmain.ts"];
  for (const path of [...ways, "/sub/%00", "/%2fetc%2fpasswd", "/sub", "/%", "/%E0%A4%A"]) {
    expect(await (await request(app, path)).text()).toBe("route");
  }
});

Deno.test("a missing favicon is a plain 404", async () => {
  const response = await request(app, "/favicon.ico");
  expect([response.status, await response.text()]).toEqual([404, ""]);
});

Deno.test("an application without a build serves its routes", async () => {
  const unbuilt = new App().use(staticFiles()).fsRoutes().get("/", (ctx) => ctx.text("route"));
  expect(await (await request(unbuilt, "/")).text()).toBe("route");
  expect((await request(unbuilt, "/styles.css")).status).toBe(404);
});
