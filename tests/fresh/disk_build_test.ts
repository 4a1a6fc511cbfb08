import { expect } from "expect";
import { Builder } from "fresh/dev";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const START_TIMEOUT_MS = 60_000;
const fixture = new URL("./fixture/", import.meta.url);
const output = new URL("_fresh/", fixture);

Deno.test.beforeAll(async () => {
  await rm(output, { recursive: true, force: true });
  await new Builder({ root: fixture.href }).build();
});

Deno.test.afterAll(() => rm(output, { recursive: true }));

/** Runs Deno with little more allowed than to read the project and to listen, until it says where. */
async function serve(
  [command = "", ...args]: string[],
  cwd: string | URL,
): Promise<AsyncDisposable & { url: string }> {
  const project = new URL("../../", import.meta.url);
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      command,
      ...["--frozen", "--cached-only", "--no-prompt"],
      ...["--allow-net", "--allow-env", `--allow-read=${fileURLToPath(project)}`],
      ...args,
    ],
    cwd,
    env: { NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill(), START_TIMEOUT_MS);
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let output = "";
  let url: string | undefined;
  while (url === undefined) {
    const { value, done } = await reader.read();
    if (done) {
      clearTimeout(timer);
      throw new Error(`Cannot serve: ${output}`);
    }
    output += value;
    url = /Listening on (http:\S+)\//.exec(output)?.[1]?.replace("0.0.0.0", "localhost");
  }
  clearTimeout(timer);
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill();
      await child.status;
      await reader.cancel();
    },
  };
}

async function expectToServe(url: string): Promise<void> {
  const page = await (await fetch(`${url}/`)).text();
  expect(page).toContain("<h1>Two islands</h1>");
  const stylesheet = await fetch(url + /href="(\/styles[^"]+)"/.exec(page)?.[1]);
  expect(stylesheet.headers.get("Cache-Control")).toContain("immutable");
  expect(await stylesheet.text()).toContain("#123456");
  const module = await fetch(url + /from ?"([^"]+)"/.exec(page)?.[1]);
  expect(module.headers.get("Cache-Control")).toContain("immutable");
  expect(await module.text()).toContain("export{");
  await expectToTag(`${url}/styles.css`);
  const named = await fetch(`${url}/sub/two%20words.txt`);
  expect(await named.text()).toContain("A file with a space");
  await expectToHide(url);
}

/** A file that the browser has is not sent again. */
async function expectToTag(url: string): Promise<void> {
  const head = await fetch(url, { method: "HEAD" });
  expect(head.headers.get("Content-Length")).not.toBe("0");
  const etag = head.headers.get("Etag") ?? "";
  const known = await fetch(url, { headers: { "If-None-Match": etag } });
  expect([known.status, await known.text()]).toEqual([304, ""]);
  const changed = await fetch(url, { headers: { "If-None-Match": 'W/"other"' } });
  expect(changed.status).toBe(200);
  await changed.body?.cancel();
}

/** Neither hidden files nor any outside of the static directory are served. */
async function expectToHide(url: string): Promise<void> {
  const ways = [
    "/nowhere",
    "/..%2fmain.ts",
    "/%2e%2e/main.ts",
    "/sub%2f..%2f..%2fmain.ts",
    "/..%5cmain.ts",
  ];
  for (const path of [...ways, "/.hidden", "/sub/%00", "/%2fetc%2fpasswd", "/sub"]) {
    const response = await fetch(url + path);
    await response.body?.cancel();
    expect([path, response.status]).toEqual([path, 404]);
  }
}

Deno.test("deno serve serves a build on disk with few permissions", async () => {
  await using server = await serve(["serve", "--port=0", "_fresh/server.js"], fixture);
  await expectToServe(server.url);
});

Deno.test("a main module can serve its own build from any directory", async () => {
  const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
  const main = fileURLToPath(new URL("main.ts", fixture));
  await using server = await serve(["run", "--config", config, main], "/");
  await expectToServe(server.url);
});
