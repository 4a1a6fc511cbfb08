import { expect } from "expect";
import { expandLan, lanAddresses, lanUrls } from "../../lib/front/lan.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";

Deno.test("LAN=1 sets what is not set, and keeps its token for this user only", async () => {
  await using directory = await temporaryDirectory();
  const variables = { LAN: "1", DATA_DIR: `${directory.path}/data`, PORT: "8001", HOST: "" };
  const first = expandLan(variables);
  expect(first).toEqual({
    ...variables,
    HOST: "0.0.0.0",
    TLS: "self-signed",
    STREAM_AUTH_TOKEN: expect.stringMatching(/^[\w-]{22}$/),
  });
  expect(expandLan(variables)).toEqual(first);
  const { mode } = await Deno.stat(`${directory.path}/data/lan_token`);
  if (Deno.build.os !== "windows") expect((mode ?? 0) & 0o777).toBe(0o600);
});

Deno.test("LAN=1 leaves alone what is set, and makes no token where there is one", async () => {
  await using directory = await temporaryDirectory();
  const set = {
    ...{ LAN: "1", HOST: "192.168.1.2", STREAM_AUTH_TOKEN: "mine", DATA_DIR: directory.path },
    ...{ TLS_CERT: "a.pem", TLS_KEY: "b.pem" },
  };
  expect(expandLan(set)).toEqual(set);
  expect([...Deno.readDirSync(directory.path)]).toEqual([]);
  for (const LAN of [undefined, "", "0"]) {
    expect(expandLan({ LAN, DATA_DIR: directory.path })).toEqual({ LAN, DATA_DIR: directory.path });
  }
  expect(() => expandLan({ LAN: "yes" })).toThrow(/^Cannot parse LAN: expected .*1.*, got "yes"$/);
});

Deno.test("LAN=1 says so in one line where the token cannot be kept", async () => {
  await using directory = await temporaryDirectory();
  await Deno.writeTextFile(`${directory.path}/file`, "");
  expect(() => expandLan({ LAN: "1", DATA_DIR: `${directory.path}/file` }))
    .toThrow(/^Cannot keep a token in DATA_DIR .*file: .+$/);
});

Deno.test("addresses for other devices are those of networks that have any, private ones first", () => {
  const interfaces = [
    ["lo", "IPv4", "127.0.0.1"],
    ["docker0", "IPv4", "172.17.0.1"],
    ["br-3f2a", "IPv4", "172.18.0.1"],
    ["ppp0", "IPv4", "203.0.113.9"],
    ["eth1", "IPv4", "169.254.3.4"],
    ["wlan0", "IPv6", "fe80::1"],
    ["wlan0", "IPv4", "192.168.178.20"],
    ["eth0", "IPv4", "172.31.0.5"],
    ["eth2", "IPv4", "172.32.0.5"],
  ] as const;
  const list = interfaces.map(([name, family, address]) => ({ name, family, address }));
  expect(lanAddresses(list)).toEqual(["192.168.178.20", "172.31.0.5", "203.0.113.9", "172.32.0.5"]);
});

Deno.test("only a server on all addresses is offered to other devices, with the query of the page", () => {
  const url = "https://localhost:8000/?token=a";
  expect(lanUrls(url, "127.0.0.1", ["192.168.1.2"])).toEqual([]);
  expect(lanUrls(url, "0.0.0.0", ["192.168.1.2", "10.0.0.1"])).toEqual([
    "https://192.168.1.2:8000/?token=a",
    "https://10.0.0.1:8000/?token=a",
  ]);
});
