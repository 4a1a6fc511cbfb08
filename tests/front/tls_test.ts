import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { connect } from "node:tls";
import { expect } from "expect";
// @ts-types="npm:@types/ws@8.18.2"
import WebSocket from "ws";
import { Certificate, CertificateError } from "../../lib/front/certificate.ts";
import {
  isStillGood,
  keepSelfSigned,
  machineNames,
  makeSelfSigned,
} from "../../lib/front/self_signed.ts";
import { RawClient, sleep, until } from "../attacks/raw_client.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { SHORT_LIMITS, startSmallApp } from "./small_app.ts";

const DAY_MS = 86_400_000;
const MACHINE = { names: ["localhost", "vision"], addresses: ["127.0.0.1", "::1", "192.0.2.7"] };

async function startTlsApp(limits = SHORT_LIMITS) {
  const directory = await temporaryDirectory();
  const environment = { TLS: "self-signed", DATA_DIR: directory.path };
  const app = await startSmallApp({ limits, environment });
  const cert = await Deno.readTextFile(join(directory.path, "self_signed_cert.pem"));
  return {
    ...app,
    cert,
    dataDirectory: directory.path,
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

Deno.test("HTTPS and WSS work with a certificate of our own making", async () => {
  await using app = await startTlsApp();
  expect(app.front.url).toBe(`https://${app.host}/`);
  using client = Deno.createHttpClient({ caCerts: [app.cert] });
  for (const body of ["", "x".repeat(99), "y".repeat(1_000_000)]) {
    const init = { client, method: "POST", body };
    const response = await fetch(`${app.front.url}a`, init);
    const shown = body.length > 100 ? `${body.length} bytes` : body;
    // The application sees the URL as the client has it.
    expect(await response.text()).toBe(`POST https://${app.host}/a ${shown}`);
  }
  const socket = new WebSocket(`wss://${app.host}/ws/video/stream`, { ca: app.cert });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  for (const size of [0, 5, 100_000]) socket.send(new Uint8Array(size));
  await until(() => app.messages.length === 3);
  expect(app.messages).toEqual([0, 5, 100_000]);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.send(new Uint8Array(200_000));
  expect(await closed).toBe(1009);
});

Deno.test("small answers over TLS do not wait for each other's acknowledgement", async () => {
  await using app = await startTlsApp();
  const socket = new WebSocket(`wss://${app.host}/ws/x`, { ca: app.cert });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  await until(() => app.sockets.size > 0);
  const [server] = app.sockets;
  const times: number[] = [];
  for (let turn = 0; turn < 9; turn += 1) {
    const startedAt = performance.now();
    const second = new Promise<void>((resolve) => {
      socket.on("message", (data) => String(data) === `2 of ${turn}` && resolve());
    });
    server.send(`1 of ${turn}`);
    setTimeout(() => server.send(`2 of ${turn}`), 2);
    await second;
    times.push(performance.now() - startedAt);
    await sleep(5);
  }
  // A delayed acknowledgement takes 40 ms.
  expect(times.toSorted((a, b) => a - b)[4]).toBeLessThan(30);
  socket.terminate();
});

Deno.test("a browser that comes without TLS is sent to HTTPS, and others are told", async () => {
  await using app = await startTlsApp();
  const ask = async (request: string) => {
    using client = await RawClient.connect(app.host);
    client.send(request);
    await client.ended;
    return client.received;
  };
  const redirected = await ask(`GET /watch?a=1 HTTP/1.1\r\nHost: ${app.host}\r\n\r\n`);
  expect(redirected).toMatch(/^HTTP\/1\.1 307 .*\r\n\r\n$/s);
  expect(redirected).toContain(`\r\nLocation: https://${app.host}/watch?a=1\r\n`);
  const upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
  for (
    const request of [
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
      `GET /ws/video/stream HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`,
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: x\r\nSet-Cookie : y\r\n\r\n",
      "GET / HTTP/1.1\r\nHost",
      "hello\r\n",
    ]
  ) {
    const answer = await ask(request);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain("This port speaks only HTTPS");
  }
  expect(app.requests).toEqual([]);
});

Deno.test("handshakes that never end, or are none, are cut", async () => {
  await using app = await startTlsApp();
  const silent = await RawClient.connect(app.host);
  const half = await RawClient.connect(app.host);
  half.send("\x16\x03\x01\x02\x00\x01\x00");
  const noise = await RawClient.connect(app.host);
  noise.send("\x00\x01\x02\x03");
  for (const client of [silent, half, noise]) {
    expect(await client.endsWithin(2000)).toBe(true);
    client[Symbol.dispose]();
  }
  expect(app.requests).toEqual([]);
  const socket = connect({
    host: "127.0.0.1",
    port: Number(app.host.split(":")[1]),
    ca: app.cert,
    ALPNProtocols: ["h2", "http/1.1"],
  });
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  expect(socket.alpnProtocol).toBe("http/1.1");
  socket.write("GET / HT");
  await new Promise((resolve) => socket.once("close", resolve).resume());
});

Deno.test("TLS connections that are reset leave the door as it was", async () => {
  await using app = await startTlsApp();
  const port = Number(app.host.split(":")[1]);
  for (let turn = 0; turn < 30; turn += 1) {
    const raw = await RawClient.connect(app.host);
    if (turn % 2 === 0) raw.send("\x16\x03\x01");
    raw.reset();
    const socket = connect({ host: "127.0.0.1", port, ca: app.cert });
    socket.on("error", () => {});
    await new Promise((resolve) => socket.once("secureConnect", resolve));
    socket.write("GET /ws/x HTTP/1.1\r\nHost: x\r\n");
    socket.destroy();
  }
  using client = Deno.createHttpClient({ caCerts: [app.cert] });
  const init: RequestInit & { client: Deno.HttpClient } = { client };
  const response = await fetch(`${app.front.url}a`, init);
  expect(await response.text()).toBe(`GET https://${app.host}/a `);
});

Deno.test("a made certificate is a server's, for all names and addresses, for no more than 398 days", async () => {
  const now = Date.UTC(2026, 0, 1);
  const made = await makeSelfSigned(MACHINE, now);
  const certificate = new X509Certificate(made.cert);
  expect(certificate.subjectAltName).toBe(
    "DNS:localhost, DNS:vision, IP Address:127.0.0.1, IP Address:::1, IP Address:192.0.2.7",
  );
  expect(certificate.ca).toBe(false);
  const days = (Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / DAY_MS;
  expect(days).toBe(397);
  expect(isStillGood(made, MACHINE, now)).toBe(true);
  expect(isStillGood(made, MACHINE, now + 300 * DAY_MS)).toBe(true);
  expect(isStillGood(made, MACHINE, now + 370 * DAY_MS)).toBe(false);
  expect(isStillGood(made, MACHINE, now - 3 * DAY_MS)).toBe(false);
  const other = await makeSelfSigned(MACHINE, now);
  expect(isStillGood({ cert: made.cert, key: other.key }, MACHINE, now)).toBe(false);
  expect(isStillGood({ cert: "nonsense", key: made.key }, MACHINE, now)).toBe(false);
  const moved = { ...MACHINE, addresses: ["127.0.0.1", "192.0.2.8"] };
  expect(isStillGood(made, moved, now)).toBe(false);
});

Deno.test("a kept certificate is used again, and replaced once an address is missing", async () => {
  await using directory = await temporaryDirectory();
  const folder = join(directory.path, "data");
  const first = await keepSelfSigned(folder, MACHINE);
  expect(await keepSelfSigned(folder, MACHINE)).toEqual(first);
  const fewer = { names: ["localhost"], addresses: ["127.0.0.1"] };
  expect(await keepSelfSigned(folder, fewer)).toEqual(first);
  const moved = { ...MACHINE, addresses: [...MACHINE.addresses, "192.0.2.9"] };
  const second = await keepSelfSigned(folder, moved);
  expect(second.cert).not.toBe(first.cert);
  expect(await keepSelfSigned(folder, moved)).toEqual(second);
  if (Deno.build.os !== "windows") {
    for await (const { name } of Deno.readDir(folder)) {
      const { mode } = await Deno.stat(join(folder, name));
      expect([name, (mode ?? 0) & 0o777]).toEqual([name, 0o600]);
    }
  }
});

Deno.test("this machine is named as others reach it", () => {
  const { names, addresses } = machineNames();
  expect(names).toContain("localhost");
  expect(addresses).toEqual(expect.arrayContaining(["127.0.0.1", "::1"]));
  expect(addresses.filter((address) => address.startsWith("fe80"))).toEqual([]);
});

Deno.test("certificates that cannot be used are told in one line", async () => {
  await using directory = await temporaryDirectory();
  const pathOf = (name: string) => join(directory.path, name);
  const [one, other] = [await makeSelfSigned(MACHINE), await makeSelfSigned(MACHINE)];
  await Deno.writeTextFile(pathOf("cert.pem"), one.cert);
  await Deno.writeTextFile(pathOf("key.pem"), one.key);
  await Deno.writeTextFile(pathOf("other.pem"), other.key);
  await Deno.writeTextFile(pathOf("nonsense.pem"), "nonsense");
  const open = (certPath: string, keyPath: string) =>
    Certificate.open({ certPath: pathOf(certPath), keyPath: pathOf(keyPath) }, directory.path);
  (await open("cert.pem", "key.pem"))[Symbol.dispose]();
  const wrong: [string, string, RegExp][] = [
    ["none.pem", "key.pem", /^Cannot read TLS_CERT .*none\.pem: there is no such file or folder$/],
    ["cert.pem", "none.pem", /^Cannot read TLS_KEY .*none\.pem: there is no such file or folder$/],
    ["nonsense.pem", "key.pem", /^Cannot use TLS_CERT .*nonsense\.pem with TLS_KEY .*: .+$/],
    ["cert.pem", "nonsense.pem", /^Cannot use TLS_CERT .* with TLS_KEY .*nonsense\.pem: .+$/],
    ["cert.pem", "other.pem", /^Cannot use TLS_CERT .* with TLS_KEY .*other\.pem: .+$/],
    ["", "key.pem", /^Cannot read TLS_CERT .+: .+$/],
  ];
  for (const [certPath, keyPath, message] of wrong) {
    const error = await open(certPath, keyPath).catch((reason) => reason);
    expect(error).toBeInstanceOf(CertificateError);
    expect(error.message).toMatch(message);
  }
});

Deno.test("a certificate whose files are replaced is used by the next connection", async () => {
  await using directory = await temporaryDirectory();
  const [certPath, keyPath] = ["cert.pem", "key.pem"].map((name) => join(directory.path, name));
  const write = async ({ cert, key }: { cert: string; key: string }) => {
    await Deno.writeTextFile(certPath, cert);
    await Deno.writeTextFile(keyPath, key);
  };
  await write(await makeSelfSigned(MACHINE));
  using certificate = await Certificate.open({ certPath, keyPath }, directory.path);
  const first = certificate.context;
  await certificate.look();
  expect(certificate.context).toBe(first);
  await Deno.writeTextFile(certPath, "half-written");
  await certificate.look();
  expect(certificate.context).toBe(first);
  await write(await makeSelfSigned(MACHINE));
  await certificate.look();
  expect(certificate.context).not.toBe(first);
});
