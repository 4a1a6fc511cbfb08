import { expect } from "expect";
import { fileURLToPath } from "node:url";
import { download } from "../../lib/models/download.ts";

const TLS = new URL("../fixtures/tls/", import.meta.url);
const MODULE = new URL("../../lib/models/download.ts", import.meta.url).href;

/** Downloads in a process of its own, whose environment is that of a machine; returns the text or the error. */
async function downloadIn(environment: Record<string, string>, url: string): Promise<string> {
  const code = `import { download } from ${JSON.stringify(MODULE)};
    try {
      const pieces = await Array.fromAsync(download(new URL(${JSON.stringify(url)})));
      console.log(await new Blob(pieces).text());
    } catch (error) {
      console.log("failed: " + error.message + " " + (error.cause ?? ""));
    }`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--cached-only", code],
    clearEnv: true,
    env: {
      PATH: Deno.env.get("PATH") ?? "",
      HOME: "/nowhere",
      DENO_DIR: denoDirectory(),
      ...environment,
    },
    signal: AbortSignal.timeout(240_000),
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

function denoDirectory(): string {
  return Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`;
}

/** A server that answers with the authorization it was sent. */
function echoServer(): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    cert: Deno.readTextFileSync(new URL("server.pem", TLS)),
    key: Deno.readTextFileSync(new URL("server.key", TLS)),
    onListen() {},
  }, (request) => new Response(`hello ${request.headers.get("authorization") ?? "stranger"}`));
}

/** A proxy that takes `CONNECT` for any host and counts the connections. */
function startProxy(): Disposable & { url: string; hosts: string[] } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const hosts: string[] = [];
  const serve = async (client: Deno.TcpConn) => {
    const head = new Uint8Array(4096);
    const length = await client.read(head) ?? 0;
    const [, host = "", port = ""] =
      /^CONNECT ([^:]+):(\d+)/.exec(new TextDecoder().decode(head.subarray(0, length))) ?? [];
    hosts.push(host);
    const server = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    await client.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n"));
    await Promise.allSettled([
      client.readable.pipeTo(server.writable),
      server.readable.pipeTo(client.writable),
    ]);
  };
  (async () => {
    for await (const client of listener) serve(client).catch(() => {});
  })();
  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    hosts,
    [Symbol.dispose]: () => listener.close(),
  };
}

Deno.test("download trusts what npm's settings and the environment trust, and nobody else", async () => {
  await using server = echoServer();
  const url = `https://localhost:${server.addr.port}/file`;
  const authority = fileURLToPath(new URL("authority.pem", TLS));
  expect(await downloadIn({}, url)).toContain("invalid peer certificate");
  for (const name of ["npm_config_cafile", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "DENO_CERT"]) {
    expect([name, await downloadIn({ [name]: authority }, url)]).toEqual([name, "hello stranger"]);
  }
});

Deno.test("download goes through the machine's proxy, except where it may not", async () => {
  await using server = echoServer();
  using proxy = startProxy();
  const url = `https://localhost:${server.addr.port}/file`;
  const trust = { DENO_CERT: fileURLToPath(new URL("authority.pem", TLS)) };
  for (const name of ["HTTPS_PROXY", "https_proxy", "npm_config_https_proxy", "npm_config_proxy"]) {
    proxy.hosts.length = 0;
    const text = await downloadIn({ ...trust, [name]: proxy.url }, url);
    expect([name, text, proxy.hosts]).toEqual([name, "hello stranger", ["localhost"]]);
  }
  for (const name of ["NO_PROXY", "npm_config_noproxy"]) {
    proxy.hosts.length = 0;
    const environment = { ...trust, HTTPS_PROXY: proxy.url, [name]: "localhost" };
    const text = await downloadIn(environment, url);
    expect([name, text, proxy.hosts]).toEqual([name, "hello stranger", []]);
  }
});

Deno.test("download shows a registry's token to that registry only", async () => {
  await using server = echoServer();
  await using other = echoServer();
  const home = await Deno.makeTempDir();
  await Deno.writeTextFile(
    `${home}/.npmrc`,
    `//localhost:${server.addr.port}/:_authToken=wrong\n//localhost:${server.addr.port}/npm/:_authToken=right\n`,
  );
  const environment = { HOME: home, DENO_CERT: fileURLToPath(new URL("authority.pem", TLS)) };
  const texts = await Promise.all([
    downloadIn(environment, `https://localhost:${server.addr.port}/npm/file`),
    downloadIn(environment, `https://localhost:${other.addr.port}/npm/file`),
  ]);
  expect(texts).toEqual(["hello Bearer right", "hello stranger"]);
  await Deno.remove(home, { recursive: true });
});

Deno.test("download gives up a transfer that stands still", async () => {
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new Uint8Array(9)),
    });
    return new Response(body);
  });
  const pieces = download(new URL(`http://127.0.0.1:${server.addr.port}/`), { idleTimeoutMs: 200 });
  expect((await pieces.next()).value).toHaveLength(9);
  const error = await pieces.next().then(() => undefined, (error) => error);
  expect(error).toMatchObject({ name: "TimeoutError" });
});

Deno.test("download says what a server answered that has no file", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("no", { status: 403 }),
  );
  const pieces = download(new URL(`http://127.0.0.1:${server.addr.port}/`));
  await expect(pieces.next()).rejects.toThrow("the server answered 403");
});
