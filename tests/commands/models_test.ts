import { expect } from "expect";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { create } from "tar";
import { findModel, MODELS } from "../../lib/models/model_catalog.ts";
import { ensureModel, MODEL_DIR } from "../pipeline/models.ts";
import { wheelIndex } from "../models/wheel_index.ts";

const COMMAND = fileURLToPath(new URL("../../commands/models.ts", import.meta.url));

/** Runs the command as users do, with no more permissions than it needs, and neither npm nor PyPI unless they are named. */
async function models(
  args: string[],
  modelDir = MODEL_DIR,
  registry = "http://127.0.0.1:9",
  environment: Record<string, string> = {},
  system = ["--allow-sys=homedir,uid"],
) {
  const permissions = [
    ..."--no-prompt --allow-net --allow-read --allow-env".split(" "),
    `--allow-write=${modelDir}`,
    ...system,
  ];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--cached-only", ...permissions, COMMAND, ...args],
    env: {
      MODEL_DIR: modelDir,
      NPM_CONFIG_REGISTRY: registry,
      PIP_INDEX_URL: "http://127.0.0.1:9/simple",
      ...environment,
    },
    signal: AbortSignal.timeout(240_000),
  }).output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout), errors: decoder.decode(stderr) };
}

/** An npm registry with one package, which has nothing but these models. */
async function registryOf(...ids: string[]): Promise<AsyncDisposable & { url: string }> {
  const folder = await Deno.makeTempDir();
  let version = "";
  for (const id of ids) {
    const source = findModel(id)?.source;
    if (source === undefined || !("package" in source)) {
      throw new TypeError(`${id} is no package's`);
    }
    const file = join(folder, "package", source.path);
    await Deno.mkdir(join(file, ".."), { recursive: true });
    await Deno.copyFile(await ensureModel(id), file);
    version = source.version;
  }
  const tarball = join(folder, "packed.tgz");
  await create({ gzip: true, cwd: folder, file: tarball }, ["package"]);
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname, origin } = new URL(request.url);
    if (pathname.endsWith(".tgz")) return new Response(Deno.readFileSync(tarball));
    const dist = { tarball: `${origin}/packed.tgz` };
    return Response.json({ versions: { [version]: { dist } } });
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
  expect(rows[0]).toMatch(
    /^yolov8n +12\.8 MB +AGPL-3\.0 +yes +yes +npm: @good-i-deer\/node-red-contrib-object-detection 1\.0\.3$/,
  );
});

Deno.test("models --list tells which of the text models is in use, and where each comes from", async () => {
  const used = (output: string) =>
    output.split("\n").filter((row) => /\d [kM]B +\S+ +yes/.test(row)).map((row) =>
      row.split(/\s+/)[0]
    );
  const folder = await Deno.makeTempDir();
  const wanted = await models(["--list"], folder);
  expect(used(wanted.output)).toEqual(["yolov8n", "PP-OCRv6_det_small", "PP-OCRv6_rec_small"]);
  expect(wanted.output).toMatch(
    /^PP-OCRv6_rec_small +21\.2 MB +Apache-2\.0 +yes +no +PyPI: rapidocr 3\.10\.0$/m,
  );
  expect(wanted.output).toMatch(
    /^ch_PP-OCRv4_rec +10\.8 MB +Apache-2\.0 +no +no +npm: @gutenye\/ocr-models 1\.4\.2$/m,
  );
  for (const id of STAND_IN) {
    await Deno.copyFile(await ensureModel(id), join(folder, findModel(id)?.file ?? ""));
  }
  expect(used((await models(["--list"], folder)).output)).toEqual(["yolov8n", ...STAND_IN]);
  await Deno.remove(folder, { recursive: true });
});

const STAND_IN = ["ch_PP-OCRv4_det", "ch_PP-OCRv4_rec", "ppocr_keys_v1"];
const DEFAULT_TEXT = ["PP-OCRv6_det_small", "PP-OCRv6_rec_small"];
const REMEDY =
  /^Cannot fetch PP-OCRv6_det_small, PP-OCRv6_rec_small: the server cannot be reached; .*; until then ch_PP-OCRv4 reads text$/m;

/** A folder in which the default detector is. */
async function folderWithDetector(): Promise<string> {
  const folder = await Deno.makeTempDir();
  await Deno.copyFile(await ensureModel("yolov8n"), join(folder, "yolov8n.onnx"));
  return folder;
}

function filesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name !== ".lock")
    .sort();
}

function filesOf(...ids: string[]): string[] {
  return ids.map((id) => findModel(id)?.file ?? "").sort();
}

Deno.test("models fetches PP-OCRv4 while PyPI cannot be reached, says so, and tries again", async () => {
  const folder = await folderWithDetector();
  await using registry = await registryOf(...STAND_IN);
  const first = await models([], folder, registry.url);
  expect([first.code, first.errors]).toEqual([0, expect.stringMatching(REMEDY)]);
  expect(filesIn(folder)).toEqual(filesOf("yolov8n", ...STAND_IN));
  // By now npm cannot be reached either, which takes nothing from what is there.
  const second = await models(["--quiet"], folder);
  expect([second.code, second.errors]).toEqual([0, expect.stringMatching(REMEDY)]);
  const files: Record<string, Uint8Array> = {};
  for (const id of DEFAULT_TEXT) {
    const source = findModel(id)?.source;
    if (source === undefined || !("wheel" in source)) throw new TypeError(`${id} is no wheel's`);
    files[source.path] = await Deno.readFile(await ensureModel(id));
  }
  await using index = wheelIndex("rapidocr", "3.10.0", files);
  const third = await models([], folder, undefined, { PIP_INDEX_URL: index.url });
  expect(third.code).toBe(0);
  expect(third.errors).not.toContain("Cannot");
  expect(filesIn(folder)).toEqual(filesOf("yolov8n", ...DEFAULT_TEXT, ...STAND_IN));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("models does not wait long for a PyPI that is silent where PP-OCRv4 is there", async () => {
  const folder = await folderWithDetector();
  for (const id of STAND_IN) {
    await Deno.copyFile(await ensureModel(id), join(folder, findModel(id)?.file ?? ""));
  }
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const started = performance.now();
  const { code, errors } = await models(["--quiet"], folder, undefined, {
    PIP_INDEX_URL: `http://127.0.0.1:${silent.addr.port}/simple`,
  });
  expect([code, errors]).toEqual([0, expect.stringMatching(REMEDY)]);
  expect(performance.now() - started).toBeLessThan(20_000);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("OCR_MODEL names the text model that is fetched, and PyPI is not asked for another", async () => {
  const folder = await folderWithDetector();
  await using registry = await registryOf(...STAND_IN);
  const { code, errors } = await models([], folder, registry.url, { OCR_MODEL: "ch_PP-OCRv4" });
  expect(code).toBe(0);
  expect(errors).not.toContain("PP-OCRv6");
  expect(filesIn(folder)).toEqual(filesOf("yolov8n", ...STAND_IN));
  const unknown = await models([], folder, undefined, { OCR_MODEL: "tesseract" });
  expect(unknown).toMatchObject({
    code: 2,
    errors: "livesyte: Cannot parse OCR_MODEL: expected one of PP-OCRv6_small, ch_PP-OCRv4, " +
      'got "tesseract"\n',
  });
  await Deno.remove(folder, { recursive: true });
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

/** What onnxruntime needs to be loaded. */
const LIBRARIES = ["--allow-sys", "--allow-ffi"];

Deno.test("models add tells what was added, and lists it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, "own.onnx");
    await Deno.copyFile(await ensureModel(), file);
    const modelDir = join(folder, "models");
    const { code, output, errors } = await models(
      ["add", file],
      modelDir,
      undefined,
      {},
      LIBRARIES,
    );
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(output).toMatch(
      /^Added own: finds person, bicycle, car, motorcycle, airplane and 75 more; [\d.]+ ms at 640x480 on \d+ threads with (8-bit integers|float32); use it with YOLO_MODEL=own, or with "model": "own" in a pipeline\n$/,
    );
    const list = await models(["--list"], modelDir);
    expect(list.output).toMatch(/^own +12\.8 MB {2}unknown +no +yes +added$/m);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("models add refuses what is no detector in one line", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const text = join(folder, "text.onnx");
    await Deno.writeTextFile(text, "Hello\n".repeat(100));
    for (
      const [args, reason] of [
        [[text], `Cannot use the model ${text}: it is no ONNX file`],
        [[join(folder, "none.onnx")], "Cannot find the model"],
        [[], "Name one ONNX file to add"],
        [["--nmae", "x", text], "Unknown option"],
      ] as const
    ) {
      const { code, output, errors } = await models(
        ["add", ...args],
        folder,
        undefined,
        {},
        LIBRARIES,
      );
      expect([code, output]).toEqual([2, ""]);
      expect(errors).toContain(reason);
      expect(errors.trimEnd().split("\n")).toHaveLength(1);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** No server can be reached, neither GitHub's. */
const NO_NETWORK = { HTTPS_PROXY: "http://127.0.0.1:9", NO_PROXY: "" };

Deno.test("models --permissive fetches nothing under AGPL, and says where its detector is", async () => {
  const folder = await Deno.makeTempDir();
  const url = "https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0/";
  for (
    const [args, environment] of [
      [["--permissive"], NO_NETWORK],
      [[], { ...NO_NETWORK, LICENCE: "permissive" }],
    ] as const
  ) {
    const { code, output, errors } = await models([...args], folder, undefined, environment);
    expect([code, output]).toEqual([2, ""]);
    expect(errors).toBe(
      "Fetching yolox_nano (3.7 MB to read)\nlivesyte: Cannot fetch yolox_nano: the server cannot be " +
        `reached; where it can be reached, fetch ${url}yolox_nano.onnx, and put it into MODEL_DIR as ` +
        "yolox_nano.onnx\n",
    );
    expect(filesIn(folder)).toEqual([]);
  }
  const list = await models(["--list", "--permissive"], folder);
  expect(list.output).toMatch(/^yolov8n +12\.8 MB +AGPL-3\.0 +no /m);
  expect(list.output).toMatch(/^yolox_nano +3\.7 MB +Apache-2\.0 +yes /m);
  const named = await models(["--permissive", "yolov8s"], folder);
  expect([named.code, named.errors]).toEqual([
    2,
    "livesyte: Cannot use the model yolov8s with LICENCE=permissive: it is under AGPL-3.0; yolox_nano or a model of your own works\n",
  ]);
  await Deno.remove(folder, { recursive: true });
});
