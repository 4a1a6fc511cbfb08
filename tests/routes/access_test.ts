import { expect } from "expect";
import { RESULT } from "../streaming/simulated_stream.ts";
import { requestRaw, UPGRADE } from "./raw_request.ts";
import { startTestServer, TestClient } from "./test_server.ts";

const processor = {
  isValidPipeline: () => true,
  runOnFrame: () => Promise.resolve(RESULT),
};
const PATH = "/ws/video/stream?pipeline_id=test";
/** The status of the answer to a request with these headers. */
async function statusOf(
  host: string,
  path: string,
  headers: Record<string, string>,
): Promise<number> {
  return (await requestRaw(host, path, { headers })).status;
}

Deno.test("a request that is no upgrade is answered with 426", async () => {
  await using server = await startTestServer({ processor });
  const response = await server.fetch(PATH);
  expect(response.status).toBe(426);
  expect(await response.json()).toMatchObject({ error: "upgrade_required" });
  const { "Sec-WebSocket-Key": _, ...withoutKey } = UPGRADE;
  expect(await statusOf(server.host, PATH, withoutKey)).toBe(426);
});

Deno.test("pages of other sites are refused with 403, own ones and allowed ones are not", async () => {
  await using server = await startTestServer({
    processor,
    environment: { STREAM_ALLOWED_ORIGINS: "https://friend.example" },
  });
  const statuses: Record<string, number> = {
    "https://evil.example": 403,
    "null": 403,
    [`http://${server.host}.evil.example`]: 403,
    [`http://${server.host}`]: 101,
    "https://friend.example": 101,
  };
  for (const [origin, status] of Object.entries(statuses)) {
    expect([origin, await statusOf(server.host, PATH, { ...UPGRADE, Origin: origin })]).toEqual([
      origin,
      status,
    ]);
  }
  expect(await statusOf(server.host, PATH, UPGRADE)).toBe(101);
});

Deno.test("an origin is the server's own whether or not its default port is named, and however it is spelt", async () => {
  await using server = await startTestServer({
    processor,
    environment: {
      ALLOWED_HOSTS: "vision.example.com, fd00::7",
      STREAM_ALLOWED_ORIGINS: "https://friend.example",
    },
  });
  const pairs: [host: string, origin: string, status: number][] = [
    ["vision.example.com:443", "https://vision.example.com", 101],
    ["vision.example.com:80", "http://vision.example.com", 101],
    ["vision.example.com", "https://vision.example.com:443", 101],
    ["Vision.Example.com.", "https://vision.example.com", 101],
    ["vision.example.com:8443", "https://vision.example.com:8443", 101],
    ["[FD00::7]:443", "https://[fd00:0::7]", 101],
    ["vision.example.com", "https://FRIEND.example:443", 101],
    ["vision.example.com:8443", "https://vision.example.com", 403],
    ["vision.example.com", "https://vision.example.com:8443", 403],
    ["vision.example.com", "https://vision.example.com.evil.example", 403],
    ["vision.example.com", "https://evil.example", 403],
    ["vision.example.com", "file://", 403],
    ["vision.example.com", "vision.example.com", 403],
  ];
  for (const [Host, Origin, status] of pairs) {
    const headers = { ...UPGRADE, Host, Origin };
    expect([Host, Origin, await statusOf(server.host, PATH, headers)])
      .toEqual([Host, Origin, status]);
  }
});

Deno.test("pages of other sites can show no image of this server, unless they know its token", async () => {
  const environment = { STREAM_ALLOWED_ORIGINS: "https://friend.example" };
  await using server = await startTestServer({ processor, environment });
  await using guarded = await startTestServer({
    processor,
    environment: { ...environment, STREAM_AUTH_TOKEN: "secret" },
  });
  const image = { "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image" };
  const page = { "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document" };
  const cases: [headers: Record<string, string>, status: number][] = [
    [{ ...image, "Sec-Fetch-Site": "cross-site" }, 403],
    [{ ...image, "Sec-Fetch-Site": "same-site" }, 403],
    [{ ...image, "Sec-Fetch-Site": "cross-site", Referer: "https://evil.example/" }, 403],
    [{ ...image, "Sec-Fetch-Site": "cross-site", Referer: "https://friend.example/" }, 200],
    [{ ...page, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe" }, 403],
    [{ ...page, "Sec-Fetch-Site": "cross-site", Referer: "https://evil.example/" }, 200],
    [{ ...image, "Sec-Fetch-Site": "same-origin" }, 200],
    [{ ...page, "Sec-Fetch-Site": "none" }, 200],
    [{}, 200],
  ];
  for (const path of ["/camera", "/event", "/sessions", "/video/jobs"]) {
    for (const [headers, status] of cases) {
      const answer = await requestRaw(server.host, path, { headers });
      expect([path, headers, answer.status]).toEqual([path, headers, status]);
      const known = await requestRaw(guarded.host, `${path}?token=secret`, { headers });
      expect([path, headers, known.status]).toEqual([path, headers, 200]);
    }
  }
});

Deno.test("no page of another site may read an answer, not even one that may connect", async () => {
  await using server = await startTestServer({
    processor,
    environment: { STREAM_ALLOWED_ORIGINS: "https://friend.example" },
  });
  for (const origin of ["https://evil.example", "https://friend.example", "null"]) {
    for (
      const path of ["/", "/pipelines", "/metrics", "/sessions", "/nothing", "/styles/live.css"]
    ) {
      for (const method of ["GET", "OPTIONS"]) {
        const headers = { Origin: origin, "Access-Control-Request-Method": "POST" };
        const answer = await requestRaw(server.host, path, { method, headers });
        const granted = [...answer.headers.keys()].filter((name) => name.startsWith("access-"));
        expect([origin, path, granted]).toEqual([origin, path, []]);
      }
    }
  }
});

Deno.test("with a token set, streams and sessions want it as a header or a parameter", async () => {
  await using server = await startTestServer({
    processor,
    environment: { STREAM_AUTH_TOKEN: "open sesame" },
  });
  const attempts: [string, Record<string, string>, number][] = [
    [PATH, {}, 401],
    [PATH, { Authorization: "Bearer wrong" }, 401],
    [`${PATH}&token=wrong`, {}, 401],
    [`${PATH}&token=open%20sesame`, {}, 101],
    [PATH, { Authorization: "Bearer open sesame" }, 101],
  ];
  for (const [path, headers, status] of attempts) {
    expect(await statusOf(server.host, path, { ...UPGRADE, ...headers })).toBe(status);
  }
  expect((await server.fetch("/sessions").then(discard)).status).toBe(401);
  expect((await server.fetch("/sessions?token=open+sesame").then(discard)).status).toBe(200);
  const client = new TestClient(`ws://${server.host}${PATH}&token=open+sesame`);
  await client.opened;
  await client.close();
});

Deno.test("the links of a page carry the token that it was opened with", async () => {
  await using server = await startTestServer({ processor });
  for (const path of ["/", "/cameras", "/watch", "/videos", "/nowhere"]) {
    const linksOf = async (query: string) => {
      const html = await (await server.fetch(path + query)).text();
      return [...html.matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, href]) => href);
    };
    expect(await linksOf("")).toEqual(expect.arrayContaining(["/", "/watch", "/videos"]));
    const token = "?token=open+%22sesame%22%26more";
    const links = await linksOf(`${token}&session_id=1`);
    expect(links).toEqual(
      expect.arrayContaining([`/${token}`, `/watch${token}`, `/videos${token}`]),
    );
    expect(links.every((link) => link?.includes(token))).toBe(true);
  }
});

async function discard(response: Response): Promise<Response> {
  await response.body?.cancel();
  return response;
}
