import { expect } from "expect";
import { RESULT } from "../streaming/simulated_stream.ts";
import { requestRaw, sendRaw, UPGRADE } from "./raw_request.ts";
import { startTestServer } from "./test_server.ts";

const processor = { isValidPipeline: () => true, runOnFrame: () => Promise.resolve(RESULT) };
/** One path of each kind: page, asset, what needs no token, what does, nothing, and the old paths. */
const PATHS = [
  "/",
  "/styles/live.css",
  "/pipelines",
  "/sessions",
  "/nothing",
  "/v1/pipelines/list",
];
const SOCKET = "/ws/video/stream?pipeline_id=test";

/** Addresses of this machine on the networks that it is in, IPv6 in brackets. */
const ownAddresses = Deno.networkInterfaces().map(({ address, family }) =>
  family === "IPv6" ? `[${address}]` : address
);

async function statusFor(host: string, path: string, asked: string): Promise<number> {
  const headers = path === SOCKET ? { ...UPGRADE, Host: asked } : { Host: asked };
  return (await requestRaw(host, path, { headers })).status;
}

Deno.test("a name that leads here without the server's knowing it is refused on every path", async () => {
  await using server = await startTestServer({ processor });
  for (const path of [...PATHS, SOCKET]) {
    const [, port] = server.host.split(":");
    for (const name of ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example"]) {
      const headers = { ...(path === SOCKET && UPGRADE), Host: `${name}:${port}` };
      const { status, body, ...answer } = await requestRaw(server.host, path, { headers });
      expect([path, status, JSON.parse(body)]).toEqual([path, 421, {
        error: "misdirected_request",
        detail: `This server does not answer as ${name}: ` +
          "list the name in ALLOWED_HOSTS, or set STREAM_AUTH_TOKEN",
      }]);
      expect(answer.headers.get("X-Content-Type-Options")).toBe("nosniff");
      expect(answer.headers.get("Content-Security-Policy")).toContain("default-src 'self'");
    }
  }
  expect(await statusFor(server.host, "/pipelines", "203.0.113.7")).toBe(421);
  expect(await statusFor(server.host, "/pipelines", "[2001:db8::7]")).toBe(421);
});

Deno.test("a page that a name of another site leads to cannot watch or read, whatever its origin", async () => {
  await using server = await startTestServer({ processor });
  const [, port] = server.host.split(":");
  // What a browser sends once evil.example has been pointed at this machine: origin and host are the same.
  const headers = { Host: `evil.example:${port}`, Origin: `http://evil.example:${port}` };
  const open = await requestRaw(server.host, SOCKET, { headers: { ...UPGRADE, ...headers } });
  expect(open.status).toBe(421);
  expect((await requestRaw(server.host, "/sessions", { headers })).status).toBe(421);
  expect(server.services.streams.registry.size).toBe(0);
});

Deno.test("the machine's own names and addresses are answered, however they are spelt", async () => {
  await using server = await startTestServer({ processor });
  const [, port] = server.host.split(":");
  const names = ["localhost", "LocalHost", "localhost.", "camera.localhost", "127.0.0.1", "127.1"];
  names.push("[::1]", "[0:0:0:0:0:0:0:1]", ...ownAddresses, ...ownAddresses.map(upperCase));
  for (const name of names) {
    for (const asked of [name, `${name}:${port}`]) {
      expect([asked, await statusFor(server.host, "/pipelines", asked)]).toEqual([asked, 200]);
    }
  }
  for (const path of PATHS.filter((path) => path !== "/nothing")) {
    expect([path, await statusFor(server.host, path, "localhost")]).toEqual([path, 200]);
  }
  expect(await statusFor(server.host, SOCKET, "localhost")).toBe(101);
});

Deno.test("names in ALLOWED_HOSTS and the one in HOST are answered, in any spelling", async () => {
  await using server = await startTestServer({
    processor,
    environment: {
      HOST: "camera.lan",
      ALLOWED_HOSTS: "Vision.Example.com, bücher.example, 203.0.113.7, 2001:DB8::7",
    },
  });
  const statuses: Record<string, number> = {
    "camera.lan:8000": 200,
    "vision.example.com": 200,
    "VISION.example.com.": 200,
    "vision.example.com:443": 200,
    "xn--bcher-kva.example": 200,
    "203.0.113.7:8000": 200,
    "[2001:db8:0::7]": 200,
    "evil.example": 421,
    "sub.vision.example.com": 421,
    "vision.example.com.evil.example": 421,
  };
  for (const [asked, status] of Object.entries(statuses)) {
    expect([asked, await statusFor(server.host, "/pipelines", asked)]).toEqual([asked, status]);
  }
});

Deno.test("with a token set any name may lead here, since the token is the guard", async () => {
  await using server = await startTestServer({
    processor,
    environment: { STREAM_AUTH_TOKEN: "sesame" },
  });
  expect(await statusFor(server.host, "/", "vision.example.com")).toBe(200);
  expect(await statusFor(server.host, "/sessions", "evil.example")).toBe(401);
  expect(await statusFor(server.host, "/sessions?token=sesame", "vision.example.com")).toBe(200);
  expect(await statusFor(server.host, SOCKET, "evil.example")).toBe(401);
});

Deno.test("a request without a Host, or with one that is none, is refused with a token and without", async () => {
  for (const STREAM_AUTH_TOKEN of ["", "sesame"]) {
    await using server = await startTestServer({ processor, environment: { STREAM_AUTH_TOKEN } });
    const wrong = ["", "a b", "a/b", "localhost?token=sesame", "localhost#", "user@localhost"];
    wrong.push("::1", "[::1", "localhost:port", "localhost:99999", "%6cocalhost", "http://a");
    for (const path of [...PATHS, `${SOCKET}&token=sesame`]) {
      for (const asked of wrong) {
        const headers = { ...(path.startsWith("/ws") && UPGRADE), Host: asked };
        const { status, body, ...answer } = await requestRaw(server.host, path, { headers });
        expect([path, asked, status, JSON.parse(body)]).toEqual([path, asked, 400, {
          error: "invalid_host",
          detail: "Send a Host header that holds a host and, if need be, a port",
        }]);
        expect(answer.headers.get("Content-Security-Policy")).toContain("default-src 'self'");
      }
      const missing = await sendRaw(server.host, `GET ${path} HTTP/1.0\r\n\r\n`);
      expect([path, missing.status]).toEqual([path, 400]);
    }
    const twice = "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n";
    expect((await sendRaw(server.host, twice)).status).toBe(400);
  }
});

function upperCase(text: string): string {
  return text.toUpperCase();
}
