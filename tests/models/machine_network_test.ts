import { expect } from "expect";
import fc from "fast-check";
import { join } from "node:path";
import { readMachineNetwork, toDenoVariables } from "../../lib/models/machine_network.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";

Deno.test("npm's settings count in npm's order: environment, project, user, global", async () => {
  await using home = await temporaryDirectory();
  await using project = await temporaryDirectory();
  const globalFile = join(home.path, "global");
  await Deno.writeTextFile(globalFile, "registry=http://global/\nproxy=http://global-proxy\n");
  await Deno.writeTextFile(join(home.path, ".npmrc"), "registry=http://user/\ncafile=/user.pem\n");
  const environment = { HOME: home.path, npm_config_globalconfig: globalFile };
  const registry = (more = {}) =>
    readMachineNetwork({ ...environment, ...more }, project.path).registry;
  expect(registry()).toBe("http://user/");
  await Deno.writeTextFile(join(project.path, ".npmrc"), "registry = http://project/");
  expect(registry()).toBe("http://project/");
  expect(registry({ npm_config_registry: "http://env/" })).toBe("http://env/");
  expect(registry({ NPM_CONFIG_REGISTRY: "http://ENV/" })).toBe("http://ENV/");
  expect(registry({ npm_config_registry: "" })).toBe("http://project/");
  const network = readMachineNetwork(environment, project.path);
  expect(network.certificateFiles).toEqual(["/user.pem"]);
  expect(network.proxies).toEqual({ https: "http://global-proxy", http: "http://global-proxy" });
});

Deno.test("an .npmrc may have comments, quotes, variables and tokens", async () => {
  await using project = await temporaryDirectory();
  const lines = [
    ...["; registry=http://comment/", "# cafile=/comment.pem", "", "[section]", "no value"],
    ...['registry="http://quoted/npm/"', "noproxy = localhost, .example", "https-proxy=null"],
    "//quoted/npm/:_authToken=${NPM_SECRET}",
  ];
  await Deno.writeTextFile(join(project.path, ".npmrc"), lines.join("\r\n"));
  const environment = { HOME: "/nowhere", NPM_SECRET: "s3cret" };
  expect(readMachineNetwork(environment, project.path)).toEqual({
    registry: "http://quoted/npm/",
    certificateFiles: [],
    proxies: { https: undefined, http: undefined },
    noProxy: "localhost, .example",
    tokens: new Map([["//quoted/npm/", "s3cret"]]),
  });
});

Deno.test("no .npmrc makes reading it fail", async () => {
  await using project = await temporaryDirectory();
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      Deno.writeTextFileSync(join(project.path, ".npmrc"), text);
      readMachineNetwork({ HOME: "/nowhere" }, project.path);
    }),
    { numRuns: 200 },
  );
});

Deno.test("what Deno does not read by itself becomes its own variables", () => {
  const variables = (environment: Record<string, string>) =>
    toDenoVariables(readMachineNetwork(environment, "/nowhere"), environment);
  expect(variables({})).toEqual({});
  expect(variables({ SSL_CERT_FILE: "/system.pem" })).toEqual({
    DENO_CERT: "/system.pem",
    DENO_TLS_CA_STORE: "mozilla,system",
  });
  expect(variables({ NODE_EXTRA_CA_CERTS: "/node.pem" })).toEqual({});
  expect(variables({ npm_config_cafile: "/npm.pem", DENO_CERT: "/own.pem" })).toEqual({
    DENO_CERT: "/own.pem",
  });
  expect(variables({ npm_config_https_proxy: "http://proxy", no_proxy: "localhost" })).toEqual({
    HTTPS_PROXY: "http://proxy",
    NO_PROXY: "localhost",
  });
});
