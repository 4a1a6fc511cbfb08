import { expect } from "expect";
import { parseResponseHead } from "../../lib/front/response_head.ts";

function parse(method: string, ...lines: string[]) {
  return parseResponseHead(new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`), method);
}

Deno.test("an answer's head tells where its body ends", () => {
  expect(parse("GET", "HTTP/1.1 200 OK", "content-length: 7")).toEqual({
    status: 200,
    body: 7,
    isLast: false,
  });
  expect(parse("GET", "HTTP/1.1 200 OK", "transfer-encoding: chunked").body).toBe("chunked");
  expect(parse("GET", "HTTP/1.1 200 OK")).toEqual({ status: 200, body: "until_end", isLast: true });
});

Deno.test("answers that never have a body have none, whatever they announce", () => {
  expect(parse("HEAD", "HTTP/1.1 200 OK", "content-length: 7").body).toBe(0);
  for (
    const status of [
      "100 Continue",
      "101 Switching Protocols",
      "204 No Content",
      "304 Not Modified",
    ]
  ) {
    expect(parse("GET", `HTTP/1.1 ${status}`, "content-length: 7").body).toBe(0);
  }
});

Deno.test("an answer's head tells whether the connection goes on", () => {
  const isLast = (...lines: string[]) => parse("GET", ...lines, "content-length: 0").isLast;
  expect(isLast("HTTP/1.1 200 OK")).toBe(false);
  expect(isLast("HTTP/1.1 200 OK", "connection: close")).toBe(true);
  expect(isLast("HTTP/1.0 200 OK")).toBe(true);
  expect(isLast("HTTP/1.0 200 OK", "connection: keep-alive")).toBe(false);
});
