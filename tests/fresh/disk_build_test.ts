import { expect } from "expect";
import { Builder } from "fresh/dev";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const fixture = new URL("./fixture/", import.meta.url);
const outDir = new URL("_fresh/", fixture);

Deno.test.afterAll(() => Deno.remove(outDir, { recursive: true }));

/** Lists the files below a directory with their content. */
async function contentOf(directory: URL): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) files.set(path, await Deno.readTextFile(path));
  }
  return files;
}

/** Runs Deno with nothing allowed but to read the fixture and to listen, until it says where. */
async function serve(
  args: string[],
  cwd: string | URL,
): Promise<AsyncDisposable & { url: string }> {
  const read = `--allow-read=${fileURLToPath(fixture)}`;
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args.slice(0, 1), "--no-prompt", "--no-lock", "--allow-net", read, ...args.slice(1)],
    cwd,
    env: { NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let output = "";
  let url: string | undefined;
  while (url === undefined) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`Cannot serve: ${output}`);
    output += value;
    url = /Listening on (http:\S+)\//.exec(output)?.[1]?.replace("0.0.0.0", "localhost");
  }
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
  const module = await fetch(url + /from"([^"]+)"/.exec(page)?.[1]);
  expect(module.headers.get("Cache-Control")).toContain("immutable");
  expect(await module.text()).toContain("export{");
  const head = await fetch(`${url}/styles.css`, { method: "HEAD" });
  expect(head.headers.get("Content-Length")).not.toBe("0");
  expect((await fetch(`${url}/nowhere`)).status).toBe(404);
}

Deno.test("a build on disk is the same each time, without what was there before", async () => {
  const builder = new Builder({ root: fixture.href });
  await builder.build();
  const first = await contentOf(outDir);
  const stale = new URL("static/_fresh/js/old/stale.js", outDir);
  await Deno.mkdir(new URL(".", stale), { recursive: true });
  await Deno.writeTextFile(stale, "stale");
  await builder.build();
  expect(await contentOf(outDir)).toEqual(first);
  expect(first.size).toBeGreaterThan(4);
});

Deno.test("deno serve serves a build on disk with least permissions", async () => {
  await new Builder({ root: fixture.href }).build();
  await using server = await serve(["serve", "--port=0", "_fresh/server.js"], fixture);
  await expectToServe(server.url);
});

Deno.test("a main module can serve its own build from any directory", async () => {
  await new Builder({ root: fixture.href }).build();
  await using server = await serve(["run", fileURLToPath(new URL("main.ts", fixture))], "/");
  await expectToServe(server.url);
});

Deno.test("an island that cannot be bundled fails the build with the reason", async () => {
  const root = await Deno.makeTempDir();
  try {
    await Deno.mkdir(join(root, "islands"));
    await Deno.writeTextFile(join(root, "islands/broken.tsx"), 'import "./missing.ts";');
    await expect(new Builder({ root }).build({ snapshot: "memory" })).rejects.toThrow(
      /missing\.ts/,
    );
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
