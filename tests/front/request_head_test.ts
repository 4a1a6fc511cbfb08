import { expect } from "expect";
import fc from "fast-check";
import { findHeadEnd } from "../../lib/front/head_lines.ts";
import { RefusedRequest } from "../../lib/front/refused_request.ts";
import { forwardedHead, parseRequestHead, type RequestHead } from "../../lib/front/request_head.ts";

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function parse(...lines: string[]): RequestHead {
  return parseRequestHead(bytesOf(`${lines.join("\r\n")}\r\n\r\n`));
}

/** The status that a head is refused with; 200 if it is not. */
function statusOf(head: string): number {
  try {
    parseRequestHead(bytesOf(head));
    return 200;
  } catch (error) {
    if (error instanceof RefusedRequest) return error.status;
    throw error;
  }
}

Deno.test("a request head tells method, target, host and body", () => {
  expect(parse("GET /a?b=c HTTP/1.1", "Host: example.com:8000", "Accept: */*")).toMatchObject({
    method: "GET",
    target: "/a?b=c",
    version: "HTTP/1.1",
    host: "example.com:8000",
    body: 0,
    isUpgrade: false,
  });
  expect(parse("POST / HTTP/1.1", "host:x", "Content-Length:  12 ").body).toBe(12);
  expect(parse("POST / HTTP/1.1", "host:x", "Transfer-Encoding: Chunked").body).toBe("chunked");
  expect(parse("GET / HTTP/1.0").host).toBe(undefined);
});

Deno.test("a request head tells of an upgrade to a WebSocket, and of no other", () => {
  const isUpgrade = (...lines: string[]) => parse("GET / HTTP/1.1", "Host: x", ...lines).isUpgrade;
  expect(isUpgrade("Upgrade: websocket", "Connection: keep-alive, Upgrade")).toBe(true);
  expect(isUpgrade("Upgrade: WebSocket", "Connection: upgrade")).toBe(true);
  expect(isUpgrade("Upgrade: websocket")).toBe(false);
  expect(isUpgrade("Upgrade: h2c", "Connection: Upgrade")).toBe(false);
});

Deno.test("heads that two readers might understand differently are refused", () => {
  const start = "POST / HTTP/1.1\r\nHost: x\r\n";
  const refused = [
    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "Content-Length: 5\r\nContent-Length: 5\r\n",
    "Content-Length: 5, 5\r\n",
    "Content-Length: +5\r\n",
    "Content-Length: 0x5\r\n",
    "Content-Length: \r\n",
    "Content-Length: 5\xa0\r\n",
    "Content-Length: 9999999999999999\r\n",
    "Content-Length : 5\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "Transfer-Encoding: xchunked\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding:\x0bchunked\r\n",
    "X: a\r\n Content-Length: 5\r\n",
    "X: a\nContent-Length: 5\r\n",
    "X: a\rContent-Length: 5\r\n",
    "X: \0\r\n",
    "X y: a\r\n",
    ": a\r\n",
    "nothing\r\n",
    "Host: y\r\n",
    "Upgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 5\r\n",
  ];
  for (const lines of refused) {
    expect([lines, statusOf(`${start}${lines}\r\n`)]).toEqual([lines, 400]);
  }
  expect(statusOf("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n")).toBe(400);
});

Deno.test("request lines that are none, or are not for this server, are refused", () => {
  const statuses: Record<string, number> = {
    "GET / HTTP/1.1\r\nHost: x\r\n\r\n": 200,
    "GET  / HTTP/1.1\r\nHost: x\r\n\r\n": 400,
    "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n": 400,
    "GET / HTTP/1.1 \r\nHost: x\r\n\r\n": 400,
    "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n": 400,
    "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n": 400,
    "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n": 501,
    "PRI * HTTP/2.0\r\n\r\n": 505,
    "GET / HTTP/3.0\r\nHost: x\r\n\r\n": 505,
    "GET /\xe4 HTTP/1.1\r\nHost: x\r\n\r\n": 400,
    "\x16\x03\x01\r\n\r\n": 400,
    "\r\n\r\n": 400,
  };
  for (const [head, status] of Object.entries(statuses)) {
    expect([head, statusOf(head)]).toEqual([head, status]);
  }
});

Deno.test("only a host that can stand in a URL gets into it", () => {
  const hostOf = (line: string) => parse("GET / HTTP/1.1", line).host;
  for (const host of ["x", "example.com:8000", "[::1]:8000", "192.0.2.1"]) {
    expect(hostOf(`Host: ${host}`)).toBe(host);
  }
  // The application is asked about these, and sees the header as it came.
  for (const host of ["", "a b", "a/b", "a:b", "x@y", "x?y", "x#y", "a\\b", "\xe4"]) {
    expect([host, hostOf(`Host: ${host}`)]).toEqual([host, undefined]);
  }
  expect(hostOf("X: y")).toBe(undefined);
});

Deno.test("the forwarded head has the whole URL and the same header lines", () => {
  const head = parse("GET /a?b HTTP/1.1", "Host: example.com", "X: \xe4");
  const options = { scheme: "https", fallbackHost: "127.0.0.1:1", extraLines: "K: v\r\n" } as const;
  expect(forwardedHead(head, options)).toEqual(bytesOf(
    "GET https://example.com/a?b HTTP/1.1\r\nK: v\r\nHost: example.com\r\nX: \xe4\r\n\r\n",
  ));
  expect(forwardedHead(parse("GET / HTTP/1.0"), options)).toEqual(
    bytesOf("GET https://127.0.0.1:1/ HTTP/1.0\r\nK: v\r\n\r\n"),
  );
});

Deno.test("the end of a head is found wherever the pieces of it end", () => {
  const piece = fc.array(fc.constantFrom(13, 10, 65), { maxLength: 30 });
  fc.assert(fc.property(piece, fc.nat(), (codes, cut) => {
    const bytes = Uint8Array.from(codes);
    const text = String.fromCharCode(...codes);
    const expected = text.includes("\r\n\r\n") ? text.indexOf("\r\n\r\n") + 4 : -1;
    expect(findHeadEnd(bytes)).toBe(expected);
    // What was looked at before without success is not looked at again, but for what the end may begin with.
    const first = bytes.subarray(0, cut % (bytes.length + 1));
    if (findHeadEnd(first) === -1) expect(findHeadEnd(bytes, first.length)).toBe(expected);
  }));
});

Deno.test("whatever bytes a head consists of, it is read or refused", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
    expect(() => {
      try {
        parseRequestHead(bytes);
      } catch (error) {
        if (!(error instanceof RefusedRequest)) throw error;
      }
    }).not.toThrow();
  }));
});

Deno.test("a head of 32 KiB takes no time, whatever it consists of", () => {
  const fillings = [" ", "\t", ":", ",", "a", "a:", "\xa0", "\r\n "];
  for (const filling of fillings) {
    const lines = filling.repeat(Math.floor(32_000 / filling.length));
    // The shortest, since others use the machine as well.
    const shortest = Math.min(...Array.from({ length: 5 }, () => {
      const startedAt = performance.now();
      for (const name of ["X", "Connection", "Host", "Content-Length", "Upgrade"]) {
        statusOf(`GET / HTTP/1.1\r\n${name}: a${lines}b\r\n\r\n`);
      }
      return performance.now() - startedAt;
    }));
    expect([filling, shortest < 500]).toEqual([filling, true]);
  }
});
