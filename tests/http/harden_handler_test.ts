import { expect } from "expect";
import { hardenHandler } from "../../lib/http/harden_handler.ts";

/** Sends a request to a hardened handler. */
function answer(
  handler: (request: Request) => Response,
  path: string,
  init?: RequestInit,
): Promise<Response> {
  const hardened = hardenHandler((request) => Promise.resolve().then(() => handler(request)));
  return hardened(new Request(`http://localhost${path}`, init));
}

function expectSecurityHeaders({ headers }: Response): void {
  expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
  expect(headers.get("Content-Security-Policy")).toContain("default-src 'self'");
}

Deno.test("an error that nobody has caught is JSON for programs, and text for people", async () => {
  const fail = () => {
    throw new Error("database password is hunter2");
  };
  const api = await answer(fail, "/video/x");
  expect(api.status).toBe(500);
  expect(await api.json()).toEqual({
    error: "internal_error",
    detail: "Unexpected error occurred",
  });
  expectSecurityHeaders(api);
  const page = await answer(fail, "/videos");
  expect([page.status, await page.text()]).toEqual([500, "Unexpected error occurred"]);
  expectSecurityHeaders(page);
});

Deno.test("an error page on a path for programs becomes JSON", async () => {
  for (const [status, code] of [[404, "not_found"], [500, "internal_error"]] as const) {
    const html = () => new Response("<h1>Oh</h1>", { status });
    const response = await answer(html, "//sessions/x");
    expect([response.status, (await response.json()).error]).toEqual([status, code]);
    expect(await (await answer(html, "/sessionsx")).text()).toBe("<h1>Oh</h1>");
  }
});

Deno.test("an error that is JSON already stays as it is", async () => {
  const busy = () => Response.json({ error: "shutting_down", detail: "" }, { status: 503 });
  expect((await answer(busy, "/ready")).status).toBe(503);
});

Deno.test("a handler never sees a method or a path that Fresh fails on", async () => {
  const seen: string[] = [];
  const look = (request: Request) => {
    seen.push(`${request.method} ${decodeURIComponent(new URL(request.url).pathname)}`);
    return Response.json({});
  };
  await answer(look, "/health", { method: "PROPFIND" });
  await answer(look, "/%E0%A4%A");
  expect((await answer(look, "/video/%E0%A4%A", { method: "DELETE" })).status).toBe(404);
  const page = await answer(look, "/", { method: "PROPFIND" });
  expect(page.headers.get("Allow")).toBe("GET, HEAD");
  expect(seen).toEqual(["PUT /health", "GET /%E0%A4%A", "PUT /"]);
});

Deno.test("the answer to an upgrade is left alone", async () => {
  // The constructor refuses this status, so only a response of the server's own can have it.
  const upgraded = Object.defineProperty(new Response(), "status", { value: 101 });
  const response = await answer(() => upgraded, "/ws/video/stream");
  expect(response.headers.has("X-Content-Type-Options")).toBe(false);
});
