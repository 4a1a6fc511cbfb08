import { expect } from "expect";
import { RESULT } from "../streaming/simulated_stream.ts";
import { createRandom } from "../streaming/mutate_frame.ts";
import { type RawAnswer, requestRaw, sendRaw } from "./raw_request.ts";
import { startTestServer } from "./test_server.ts";

const processor = { isValidPipeline: () => true, runOnFrame: () => Promise.resolve(RESULT) };
const API_PATHS = [
  "/health",
  "/pipelines",
  "/pipelines/x",
  "/sessions/x",
  "/video/jobs",
  "/ws/jobs/x",
  "/event",
  "/event/x",
];
const PAGE_PATHS = ["/", "/videos", "/styles/live.css", "/nothing"];
/** What the interface answers with, besides what went well. */
const STATUSES = [400, 401, 403, 404, 405, 413, 415, 421, 422, 426, 503];

/** An error that a program can read, or a page, either with the headers that every answer has. */
function expectDocumented(about: string, { status, headers, body }: RawAnswer): void {
  const policy = headers.get("Content-Security-Policy");
  expect([about, headers.get("X-Content-Type-Options"), policy]).toEqual([
    ...[about, "nosniff", expect.stringContaining("default-src 'self'")],
  ]);
  expect([about, headers.get("Referrer-Policy")]).toEqual([about, "no-referrer"]);
  if (status < 400) return;
  expect([about, STATUSES.includes(status) && status]).toEqual([about, status]);
  const type = headers.get("Content-Type") ?? "";
  if (type.includes("text/html") || body === "") return;
  // `/health` is no error, though its status says that no worker is alive.
  if (!about.startsWith("/health")) {
    const error = { error: expect.any(String), detail: expect.any(String) };
    expect([about, JSON.parse(body)]).toEqual([about, error]);
  }
  expect(body).not.toMatch(/ at .*\.(ts|js)|file:\/\/|TypeError/);
}

Deno.test("methods that nobody knows, and those that a path does not take, are answered with 405", async () => {
  await using server = await startTestServer({ processor });
  const methods = ["PROPFIND", "TRACE", "BREW", "get", "QUERY", "PUT", "PATCH", "OPTIONS"];
  for (const method of methods) {
    for (const path of API_PATHS) {
      const answer = await requestRaw(server.host, path, { method });
      expectDocumented(path, answer);
      expect([method, path, answer.status]).toEqual([method, path, 405]);
      expect(JSON.parse(answer.body).error).toBe("method_not_allowed");
      expect(answer.headers.get("Allow")).toMatch(/^[A-Z]+(, [A-Z]+)*$/);
    }
    for (const path of PAGE_PATHS) {
      const answer = await requestRaw(server.host, path, { method });
      expectDocumented(path, answer);
      expect([method, path, answer.status]).toEqual([method, path, 405]);
      expect(answer.headers.get("Content-Type")).toContain("text/html");
      expect(answer.headers.get("Allow")).toBe("GET, HEAD");
    }
  }
  expect((await requestRaw(server.host, "/pipelines", { method: "HEAD" })).status).toBe(200);
});

Deno.test("odd addresses are answered as documented, and nothing outside of the page is given away", async () => {
  await using server = await startTestServer({ processor });
  const parts = ["%", "%zz", "%00", "%ff", "%E0%A4%A", "%2e%2e", "..%2f..%2fmain.ts", "%5c%5cevil"];
  parts.push(
    "__proto__",
    "constructor",
    "a%2fb",
    ";x",
    "x\\y",
    "x".repeat(2000),
    "%41".repeat(5000),
  );
  const bases = [
    "/",
    "/pipelines/",
    "/sessions/",
    "/video/status/",
    "/video/results/",
    "/v1/video/",
  ];
  bases.push(
    "/ws/jobs/",
    "/_fresh/js/",
    "/v1/pipelines/",
    "/styles/live.css",
    "/?",
    "/sessions?token=",
  );
  bases.push("/ws/video/stream?pipeline_id=", "/styles/live.css?__frsh_c=", "/video/jobs?status=");
  for (const base of bases) {
    for (const part of parts) {
      expectDocumented(base + part, await requestRaw(server.host, base + part));
    }
  }
  for (
    const path of ["/../main.ts", "/main.ts", "/_fresh/server.js", "/deno.json", "//etc/passwd"]
  ) {
    expect([path, (await requestRaw(server.host, path)).status]).toEqual([path, 404]);
  }
  const absolute = await requestRaw(server.host, "http://[::zz]/sessions?token=x");
  expect([absolute.status, JSON.parse(absolute.body).error]).toEqual([400, "bad_request"]);
});

Deno.test("2,000 random addresses and methods are answered as documented, and the server lives", async () => {
  await using server = await startTestServer({ processor });
  const random = createRandom(11);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const printable = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));
  const pieces = [
    ...printable,
    "%",
    "%00",
    "%ff",
    "//",
    "/..",
    "pipelines",
    "video",
    "ws",
    "sessions",
  ];
  for (let count = 0; count < 2000; count += 1) {
    const length = Math.floor(random() * 40);
    const path = `/${Array.from({ length }, () => pick(pieces)).join("")}`;
    const method = pick(["GET", "HEAD", "DELETE", "POST", "PUT", "TRACE"]);
    expectDocumented(path, await requestRaw(server.host, path, { method }));
  }
  expect((await requestRaw(server.host, "/pipelines")).status).toBe(200);
});

Deno.test("what is no HTTP, or too large for it, is refused, and the server lives", async () => {
  await using server = await startTestServer({ processor });
  const host = `Host: ${server.host}\r\n`;
  const nonsense = [
    `GET /a\0b HTTP/1.1\r\n${host}\r\n`,
    `GET /a?b=\0 HTTP/1.1\r\n${host}\r\n`,
    `GET /a b HTTP/1.1\r\n${host}\r\n`,
    `GET /\xfc HTTP/1.1\r\n${host}\r\n`,
    `GET a HTTP/1.1\r\n${host}\r\n`,
    `GET /health\r\n\r\n`,
    `GET / HTTP/1.1\r\n${host}${"X: a\r\n".repeat(200)}\r\n`,
    `POST /pipelines/validate HTTP/1.1\r\n${host}Content-Length: -1\r\n\r\n{}`,
    `POST /pipelines/validate HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}`,
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".padEnd(64, "\0"),
  ];
  const others: [string, number][] = [
    [`GET / HTTP/9.9\r\n${host}\r\n`, 505],
    [`GET /${"a".repeat(70_000)} HTTP/1.1\r\n${host}\r\n`, 431],
  ];
  for (const [text, expected] of [...nonsense.map((text) => [text, 400] as const), ...others]) {
    const { status } = await sendRaw(server.host, text);
    expect([text.slice(0, 40), status]).toEqual([text.slice(0, 40), expected]);
  }
  expect((await requestRaw(server.host, "/pipelines")).status).toBe(200);
});
