import { expect } from "expect";
import { Builder } from "fresh/dev";
import { asset } from "fresh/runtime";
import type { State } from "./fixture/define.ts";
import { app } from "./fixture/main.ts";
import { request } from "./request.ts";

const builder = new Builder<State>({ root: new URL("./fixture", import.meta.url).href });
(await builder.build({ snapshot: "memory" }))(app);

Deno.test("a static file has its type and length, and is not kept", async () => {
  const response = await request(app, "/styles.css");
  expect(response.headers.get("Content-Type")).toBe("text/css; charset=UTF-8");
  expect(response.headers.get("Cache-Control")).toContain("no-cache");
  const text = await response.text();
  expect(text).toContain("color: #123456");
  expect(response.headers.get("Content-Length")).toBe(`${text.length}`);
});

Deno.test("HEAD has the headers of a file without the body", async () => {
  const response = await request(app, "/styles.css", { method: "HEAD" });
  expect([response.status, await response.text()]).toEqual([200, ""]);
  expect(Number(response.headers.get("Content-Length"))).toBeGreaterThan(0);
});

Deno.test("asset() locks a file to the build: it may be kept for a year", async () => {
  expect(asset("/a.css?b=1")).toMatch(/^\/a\.css\?b=1&\w+=[0-9a-f]+$/);
  const response = await request(app, asset("/styles.css"));
  expect(response.headers.get("Cache-Control")).toBe("public, max-age=31536000, immutable");
  await response.body?.cancel();
});

Deno.test("a lock of another build leads to the file without it", async () => {
  const response = await request(app, asset("/styles.css?a=b").replace(/.$/, "x"));
  expect(response.status).toBe(307);
  expect(response.headers.get("location")).toBe("/styles.css?a=b");
});
