import { expect } from "expect";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TLS = join(ROOT, "tests/fixtures/tls");

/** What set-up itself is made of. */
const FILES = [
  ...["deno.json", "deno.lock", "commands/setup.ts"],
  ...["commands/setup_progress.ts", "commands/stall_watch.ts"],
  ...["lib/models/download.ts", "lib/models/machine_network.ts"],
];

/** A fresh machine: a copy of set-up, an empty cache and nothing else. */
async function freshMachine(): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir();
  const linked = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json"))).links?.[0];
  for (const file of linked === undefined ? FILES : [...FILES, join(linked, "deno.json")]) {
    await Deno.mkdir(join(path, dirname(file)), { recursive: true });
    await Deno.copyFile(join(ROOT, file), join(path, file));
  }
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Runs set-up as its task does, and returns its exit code and what it said. */
async function setUp(
  { path }: { path: string },
  environment: Record<string, string>,
): Promise<{ code: number; output: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "setup"],
    cwd: path,
    clearEnv: true,
    env: {
      PATH: Deno.env.get("PATH") ?? "",
      HOME: path,
      DENO_DIR: join(path, "cache"),
      ...environment,
    },
    signal: AbortSignal.timeout(240_000),
  }).output();
  const [said, complained] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, output: `${said}${complained}` };
}

/** A registry that has no package, over TLS with a certificate that no machine trusts by itself. */
function emptyRegistry(): AsyncDisposable & { url: string; requests: number } {
  const registry = { url: "", requests: 0, [Symbol.asyncDispose]: () => server.shutdown() };
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    cert: Deno.readTextFileSync(join(TLS, "server.pem")),
    key: Deno.readTextFileSync(join(TLS, "server.key")),
    onListen() {},
  }, () => {
    registry.requests++;
    return new Response("{}", { status: 404 });
  });
  registry.url = `https://localhost:${server.addr.port}/`;
  return registry;
}

const FETCHING = /^Fetching packages \(up to \d+ MB, most of it onnxruntime and FFmpeg\)\n/;

Deno.test("set-up ends with one sentence when the registry cannot be reached", async () => {
  await using machine = await freshMachine();
  const { code, output } = await setUp(machine, { NPM_CONFIG_REGISTRY: "http://127.0.0.1:9/" });
  expect(code).toBe(2);
  expect(output).toMatch(FETCHING);
  expect(output.replace(FETCHING, "")).toMatch(
    /^livesyte: Cannot fetch the packages: the npm registry cannot be reached; check .*, then run this again\n$/,
  );
});

Deno.test("set-up ends with one sentence when the registry takes connections and answers nothing", async () => {
  await using machine = await freshMachine();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of listener) connections.push(connection);
  })();
  const url = `http://127.0.0.1:${listener.addr.port}/`;
  const { code, output } = await setUp(machine, { NPM_CONFIG_REGISTRY: url });
  expect(code).toBe(2);
  expect(output.replace(FETCHING, "")).toMatch(
    /^livesyte: Cannot fetch the packages: the npm registry does not answer; check .*, then run this again\n$/,
  );
  listener.close();
  await accepting;
  for (const connection of connections) connection.close();
});

Deno.test("set-up names the remedy for a certificate that the machine does not trust", async () => {
  await using machine = await freshMachine();
  await using registry = emptyRegistry();
  const { code, output } = await setUp(machine, { NPM_CONFIG_REGISTRY: registry.url });
  expect(code).toBe(2);
  expect(output).toContain("the certificate of the npm registry is not trusted; set DENO_CERT");
  expect(registry.requests).toBe(0);
});

const AUTHORITY = join(TLS, "authority.pem");

/** Each way by which a machine says what it trusts, and where its registry is. */
const WAYS: Record<
  string,
  (registry: string) => { npmrc?: string; environment?: Record<string, string> }
> = {
  "DENO_CERT": (url) => ({ environment: { NPM_CONFIG_REGISTRY: url, DENO_CERT: AUTHORITY } }),
  "SSL_CERT_FILE": (url) => ({
    environment: { NPM_CONFIG_REGISTRY: url, SSL_CERT_FILE: AUTHORITY },
  }),
  "NODE_EXTRA_CA_CERTS": (url) => ({
    environment: { NPM_CONFIG_REGISTRY: url, NODE_EXTRA_CA_CERTS: AUTHORITY },
  }),
  "npm's settings in .npmrc": (url) => ({ npmrc: `registry=${url}\ncafile=${AUTHORITY}\n` }),
  "npm's settings as npx passes them on": (url) => ({
    environment: { npm_config_registry: url, npm_config_cafile: AUTHORITY },
  }),
};

for (const [way, describe] of Object.entries(WAYS)) {
  Deno.test(`set-up reaches the registry that the machine trusts by ${way}`, async () => {
    await using machine = await freshMachine();
    await using registry = emptyRegistry();
    const { npmrc, environment = {} } = describe(registry.url);
    if (npmrc !== undefined) await Deno.writeTextFile(join(machine.path, ".npmrc"), npmrc);
    const { code, output } = await setUp(machine, environment);
    // It was reached, and has nothing.
    expect(registry.requests).toBeGreaterThan(0);
    expect([code, output.replace(FETCHING, "")]).toEqual([
      2,
      expect.stringMatching(
        /^livesyte: Cannot fetch the packages: Could not find npm package .*\n$/,
      ),
    ]);
  });
}
