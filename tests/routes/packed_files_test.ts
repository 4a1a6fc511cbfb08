import { expect } from "expect";
import { type IncomingHttpHeaders, request } from "node:http";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { startServer } from "../e2e/server.ts";

/** What Chromium sends to a server on this machine, and to others over HTTPS. */
const BROWSER = "gzip, deflate, br, zstd";

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** As it came over the wire. */
  body: Uint8Array<ArrayBuffer>;
}

/** Sends a request with these headers and no others, and leaves the body as it comes. */
function ask(
  url: string,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(url, { method, headers, agent: false }, (response) => {
      const chunks: Uint8Array[] = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, body: new Uint8Array(Buffer.concat(chunks)) });
      });
    }).on("error", reject).end();
  });
}

function textOf({ headers, body }: Answer): string {
  const decode = { br: brotliDecompressSync, gzip: gunzipSync }[
    headers["content-encoding"] as "br" | "gzip"
  ];
  return new TextDecoder().decode(decode ? decode(body) : body);
}

/** The scripts that a page loads at once: those it imports, and what they import themselves. */
async function loadScripts(page: string): Promise<Map<string, Answer>> {
  const answer = await ask(page);
  const scripts = new Map<string, Answer>();
  const load = async (text: string, base: string): Promise<void> => {
    // Imports that are only made when something is opened have no quote after the keyword.
    for (const [, specifier = ""] of text.matchAll(/(?:from|import) ?"([^"]+\.js)"/g)) {
      const url = new URL(specifier, base).href;
      if (scripts.has(url)) continue;
      const script = await ask(url, { "Accept-Encoding": BROWSER });
      scripts.set(url, script);
      await load(textOf(script), url);
    }
  };
  await load(textOf(answer), page);
  return scripts;
}

function stylesheetOf(html: string): string {
  return /<link rel="stylesheet" href="([^"]+)"/.exec(html)?.[1]?.replaceAll("&amp;", "&") ?? "";
}

Deno.test("the page is light on the wire", async (t) => {
  await using server = await startServer({ PIPELINE_WORKERS: "1", PIPELINE_THREADS: "1" });
  const page = server.url;
  const stylesheet = new URL(stylesheetOf(textOf(await ask(page))), page).href;
  const scripts = await loadScripts(page);
  const [script = ""] = scripts.keys();

  await t.step("at most ten scripts and 45 KB, all compressed and minified", () => {
    const bytes = [...scripts.values()].reduce((sum, { body }) => sum + body.length, 0);
    expect(scripts.size).toBeGreaterThan(1);
    expect(scripts.size).toBeLessThanOrEqual(10);
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThanOrEqual(45_000);
    for (const [url, answer] of scripts) {
      // What does not shrink is not compressed.
      if (answer.body.length > 100) {
        expect([url, answer.headers["content-encoding"]]).toEqual([url, "br"]);
      }
      expect(answer.headers["content-type"]).toMatch(/^text\/javascript/);
      expect(answer.headers["cache-control"]).toContain("immutable");
      expect(textOf(answer)).not.toMatch(/\n {2}\S/);
    }
  });

  await t.step("styles are joined, minified and compressed", async () => {
    const answer = await ask(stylesheet, { "Accept-Encoding": BROWSER });
    expect(answer.headers["content-encoding"]).toBe("br");
    expect(answer.headers["content-type"]).toMatch(/^text\/css/);
    expect(answer.headers["cache-control"]).toContain("immutable");
    expect(answer.body.length).toBeLessThan(5000);
    expect(textOf(answer)).not.toContain("@import");
    expect(textOf(answer)).toMatch(/@layer tokens\{:root\{/);
    expect(textOf(answer)).not.toContain("\n  ");
  });

  await t.step("each client gets an encoding that it takes", async () => {
    const expected: [accepted: string | undefined, encoding: string | undefined][] = [
      [BROWSER, "br"],
      ["br", "br"],
      ["BR", "br"],
      ["gzip, deflate", "gzip"],
      ["gzip;q=1.0, br;q=0.5", "gzip"],
      ["br;q=0, gzip", "gzip"],
      ["*", "br"],
      ["*;q=0.1, br;q=0", "gzip"],
      [undefined, undefined],
      ["", undefined],
      ["identity", undefined],
      ["deflate, compress, nonsense", undefined],
      ["br;q=0, gzip;q=0", undefined],
      ["*;q=0", undefined],
      ["br;q=maybe", undefined],
      [", ;q=1,,", undefined],
    ];
    const plain = textOf(await ask(script));
    for (const [accepted, encoding] of expected) {
      const headers: Record<string, string> = accepted === undefined
        ? {}
        : { "Accept-Encoding": accepted };
      const answer = await ask(script, headers);
      expect([accepted, answer.headers["content-encoding"]]).toEqual([accepted, encoding]);
      expect(answer.headers["vary"]).toBe("Accept-Encoding");
      expect(answer.headers["content-length"]).toBe(String(answer.body.length));
      expect(textOf(answer)).toBe(plain);
    }
  });

  await t.step("a tag belongs to one encoding, and what the browser has is not sent", async () => {
    const encodings = ["br", "gzip", "identity"];
    const tags = await Promise.all(
      encodings.map(async (encoding) =>
        (await ask(stylesheet, { "Accept-Encoding": encoding })).headers.etag ?? ""
      ),
    );
    expect(new Set(tags).size).toBe(3);
    for (const [index, encoding] of encodings.entries()) {
      for (const [other, tag] of tags.entries()) {
        const answer = await ask(stylesheet, {
          "Accept-Encoding": encoding,
          "If-None-Match": `"x", W/${tag}`,
        });
        expect([encoding, answer.status]).toEqual([encoding, index === other ? 304 : 200]);
        expect(answer.headers.etag).toBe(tags[index]);
        expect(answer.headers.vary).toBe("Accept-Encoding");
        if (index === other) expect(answer.body.length).toBe(0);
      }
    }
    expect((await ask(stylesheet, { "If-None-Match": "*" })).status).toBe(304);
  });

  await t.step("HEAD has the headers of GET without the body", async () => {
    for (const encoding of ["br", "gzip", "identity"]) {
      const headers = { "Accept-Encoding": encoding };
      const get = await ask(stylesheet, headers);
      const head = await ask(stylesheet, headers, "HEAD");
      expect([head.status, head.body.length]).toEqual([200, 0]);
      for (const name of ["content-encoding", "content-length", "content-type", "etag", "vary"]) {
        expect([name, head.headers[name]]).toEqual([name, get.headers[name]]);
      }
    }
  });

  await t.step("a range is answered with the whole", async () => {
    const answer = await ask(stylesheet, { "Accept-Encoding": BROWSER, Range: "bytes=0-9" });
    expect([answer.status, answer.headers["content-range"]]).toEqual([200, undefined]);
    expect(textOf(answer)).toBe(textOf(await ask(stylesheet)));
  });

  await t.step("an address without the build's lock is asked for every time", async () => {
    const answer = await ask(`${page}styles/live.css`, { "Accept-Encoding": BROWSER });
    expect(answer.headers["cache-control"]).toBe("no-cache");
    const stale = await ask(stylesheet.replace(/.$/, "x"), { "Accept-Encoding": BROWSER });
    expect([stale.status, stale.headers.location]).toEqual([307, "/styles/live.css"]);
  });

  await t.step("icons are compressed, and every file has the security headers", async () => {
    for (const path of ["icons.svg", "favicon.svg", "manifest.webmanifest", "styles/live.css"]) {
      const answer = await ask(`${page}${path}`, { "Accept-Encoding": BROWSER });
      expect([path, answer.status]).toEqual([path, 200]);
      expect(answer.headers["x-content-type-options"]).toBe("nosniff");
      expect([path, answer.headers["content-encoding"]]).toEqual([path, "br"]);
    }
  });
});
