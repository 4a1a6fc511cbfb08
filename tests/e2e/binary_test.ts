import { expect } from "expect";
import { type ServerProcess, startServerProcess } from "../../bench/server_process.ts";
import { dogTest, startCamera, visit, waitForDog } from "./live_page.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
/** All that the executable may count on where it is started. */
const TOOLS = "sh tail gzip tar cksum cmp xargs mkdir mv rm id unshare".split(" ");

/** A computer with nothing on it but the executable, in a folder of its own. */
interface Machine {
  /** Holds `livesyte`, `bin`, `home` and nothing else. */
  folder: string;
  environment: Record<string, string>;
}

let machine: Promise<Machine> | undefined;

Deno.test.afterAll(async () => {
  if (machine !== undefined) await Deno.remove((await machine).folder, { recursive: true });
});

/** Builds the executable, once. */
async function setUp(): Promise<Machine> {
  const folder = await Deno.makeTempDir({ prefix: "livesyte-machine-" });
  await runProgram(Deno.execPath(), ["task", "compile", "--output", `${folder}/livesyte`], {
    cwd: ROOT,
  });
  const [bin, home] = [`${folder}/bin`, `${folder}/home`];
  await Deno.mkdir(bin);
  await Deno.mkdir(home);
  for (const tool of TOOLS) {
    const { stdout } = await runProgram("sh", ["-c", `command -v ${tool}`]);
    await Deno.symlink(stdout.trim(), `${bin}/${tool}`);
  }
  return { folder, environment: { HOME: home, PATH: bin } };
}

function getMachine(): Promise<Machine> {
  return machine ??= setUp();
}

async function runProgram(
  command: string,
  args: string[],
  options: Deno.CommandOptions = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args, ...options }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

/** Runs the executable to its end. */
async function livesyte(args: string[], environment: Record<string, string> = {}) {
  const { folder, environment: bare } = await getMachine();
  const env = { ...bare, ...environment };
  return await runProgram(`${folder}/livesyte`, args, { cwd: folder, clearEnv: true, env });
}

async function serve(environment: Record<string, string> = {}): Promise<ServerProcess> {
  const { folder, environment: bare } = await getMachine();
  return await startServerProcess(
    { ...bare, ...environment },
    { command: `${folder}/livesyte`, args: ["serve"], clearEnv: true },
  );
}

/** A folder for the executable to unpack into, which is there for as long as `fn` runs. */
async function withCache(fn: (cache: string) => Promise<void>): Promise<void> {
  const cache = await Deno.makeTempDir({ prefix: "livesyte-cache-" });
  try {
    await fn(cache);
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

/** Where the executable has unpacked itself. */
async function appFolder(cache: string): Promise<string> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(cache)) names.push(name);
  expect(names).toHaveLength(1);
  return `${cache}/${names[0]}/app`;
}

Deno.test("the executable knows its commands, and passes arguments and exit codes through", async () => {
  expect(await livesyte(["--version"])).toMatchObject({ code: 0, stdout: "0.1.0\n", stderr: "" });
  expect((await livesyte(["--help"])).stdout).toContain("Usage: livesyte");
  expect(await livesyte(["fly away"])).toEqual({
    code: 2,
    stdout: "",
    stderr: 'livesyte: Unknown command "fly away": see --help\n',
  });
});

Deno.test("the executable has what it needs to keep video jobs", async () => {
  await using server = await serve();
  const response = await fetch(new URL("/video/jobs", server.url));
  expect([response.status, await response.json()]).toEqual([200, { jobs: [] }]);
});

Deno.test("the executable finds what is on an image, and says what it needs for a video", async () => {
  const image = new URL("tests/fixtures/dog.jpg", `file://${ROOT}`).pathname;
  const { code, stdout } = await livesyte(["detect", image]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/dog\s+\d+\s+%/);
  expect(await livesyte(["video", image])).toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringContaining("deno task compile --video"),
  });
});

Deno.test("the executable brings its models and needs no network", async () => {
  const { folder, environment } = await getMachine();
  // A network of its own has no way out; an address of it is the only one there is.
  const server = await startServerProcess({ ...environment, HOST: "0.0.0.0" }, {
    command: `${folder}/bin/unshare`,
    args: ["-rn", `${folder}/livesyte`, "serve"],
    clearEnv: true,
  });
  // The start has tried inference on an image.
  expect(server.log.map(({ event }) => event)).toContain("pipeline_ready");
  expect(await server.stop("SIGTERM")).toBe(0);
});

Deno.test("the executable tries a device in a process of its own", async () => {
  await using server = await serve({ PIPELINE_DEVICE: "webgpu", VK_ICD_FILENAMES: "/dev/null" });
  // Refused by onnxruntime, which the process has found and asked.
  expect(server.log.find(({ event }) => event === "pipeline_device")).toMatchObject({
    level: "warning",
    message: expect.stringContaining("since WebGPU cannot be used here: it needs a GPU"),
    device: "cpu",
  });
});

dogTest("the executable serves the live page, and stops on SIGTERM and SIGINT", async (camera) => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    await using server = await serve();
    if (signal === "SIGTERM") {
      await visit({ camera, url: server.url }, async ({ page }) => {
        await startCamera(page);
        await waitForDog(page);
      });
    }
    expect((await fetch(new URL("/ready", server.url))).status).toBe(200);
    // It brings what the build has packed for browsers.
    const styles = await fetch(new URL("/styles/live.css", server.url));
    expect([await styles.text(), styles.headers.get("Vary")])
      .toEqual([expect.stringContaining(":root{"), "Accept-Encoding"]);
    expect(await server.stop(signal)).toBe(0);
    expect(server.log.at(-1)).toMatchObject({ event: "server_stop", signal });
  }
});

Deno.test("first starts at the same time unpack one whole copy", async () => {
  await withCache(async (cache) => {
    const starts = [1, 2, 3].map(() => livesyte(["--version"], { LIVESYTE_CACHE: cache }));
    for (const start of starts) expect(await start).toMatchObject({ code: 0, stderr: "" });
    const app = await appFolder(cache);
    const left = [...Deno.readDirSync(app.replace(/app$/, ""))].map(({ name }) => name);
    expect(left.filter((name) => name.startsWith("unpacking"))).toEqual([]);
  });
});

Deno.test("a copy that was damaged is unpacked anew", async () => {
  await withCache(async (cache) => {
    await livesyte(["--version"], { LIVESYTE_CACHE: cache });
    const app = await appFolder(cache);
    await Deno.writeTextFile(`${app}/main.ts`, "throw new Error('damaged')");
    expect(await livesyte(["--version"], { LIVESYTE_CACHE: cache }))
      .toMatchObject({ code: 0, stderr: "" });
    await Deno.remove(`${app}/pipelines`, { recursive: true });
    expect((await livesyte(["--version"], { LIVESYTE_CACHE: cache })).code).toBe(0);
    expect(Deno.statSync(`${app}/pipelines`).isDirectory).toBe(true);
  });
});

Deno.test("an executable that was cut short says so and leaves nothing", async () => {
  const { folder, environment } = await getMachine();
  await withCache(async (cache) => {
    const cut = `${folder}/cut`;
    const whole = await Deno.readFile(`${folder}/livesyte`);
    await Deno.writeFile(cut, whole.subarray(0, whole.length / 2), { mode: 0o755 });
    const env = { ...environment, LIVESYTE_CACHE: cache };
    const { code, stderr } = await runProgram(cut, ["--version"], { clearEnv: true, env });
    await Deno.remove(cut);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^(tar: .*\n)*livesyte: .*damaged.*\n$/);
    const [hash] = [...Deno.readDirSync(cache)];
    expect([...Deno.readDirSync(`${cache}/${hash?.name}`)]).toEqual([]);
  });
});

Deno.test("a folder that cannot be unpacked into is told in one line", async () => {
  const { code, stderr } = await livesyte([], { LIVESYTE_CACHE: "/dev/null/nothing" });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^livesyte: Cannot use LIVESYTE_CACHE \/dev\/null\/nothing: .*\n$/);
});
