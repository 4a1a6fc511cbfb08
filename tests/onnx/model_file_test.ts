import { expect } from "expect";
import { dirname, join } from "node:path";
import { ModelError } from "../../lib/onnx/errors.ts";
import { readModelFile } from "../../lib/onnx/model_file.ts";
import { serializeOnnx } from "../../lib/onnx/onnx_schema.ts";
import { prepareDetector } from "../../lib/models/specialized_model.ts";
import { languageExport } from "../detection/exports/foreign_exports.ts";
import { yolov8Export } from "../detection/exports/yolov8_exports.ts";

const CHOICE = {
  size: { width: 96, height: 64 },
  confidence: 0.3,
  precision: "fp32",
} as const;
/** What nobody would wait for. */
const MOST_MS = 2000;
const MOST_BYTES = 200e6;

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.chmod(folder, 0o755);
    await Deno.remove(folder, { recursive: true });
  }
}

/** Writes a model with its weights in a file beside it. */
async function writeExternal(folder: string, location = "weights.data"): Promise<string> {
  const model = yolov8Export();
  const data: number[] = [];
  for (const tensor of model.graph.initializer) {
    if (tensor.data_type !== 1 || tensor.raw_data.length < 64) continue;
    const entries = { location, offset: data.length, length: tensor.raw_data.length };
    data.push(...tensor.raw_data);
    tensor.raw_data = new Uint8Array();
    tensor.data_location = 1;
    tensor.external_data = Object.entries(entries).map(([key, value]) => ({
      key,
      value: String(value),
    }));
  }
  const path = join(folder, "model.onnx");
  await Deno.writeFile(path, serializeOnnx(model));
  await Deno.writeFile(join(folder, "weights.data"), Uint8Array.from(data));
  return path;
}

Deno.test("weights in a file beside the model are read, in a folder that cannot be written to, too", async () => {
  await withFolder(async (folder) => {
    const path = await writeExternal(folder);
    await Deno.chmod(folder, 0o555);
    const { model } = await readModelFile(path);
    const whole = yolov8Export().graph.initializer;
    expect(model.graph.initializer.map(({ raw_data }) => [...raw_data])).toEqual(
      whole.map(({ raw_data }) => [...raw_data]),
    );
    await prepareDetector(path, CHOICE);
  });
});

Deno.test("another file of weights makes another model", async () => {
  await withFolder(async (folder) => {
    const path = await writeExternal(folder);
    const before = await prepareDetector(path, CHOICE);
    const weights = join(folder, "weights.data");
    await Deno.writeFile(weights, (await Deno.readFile(weights)).map((byte) => byte ^ 1));
    expect((await prepareDetector(path, CHOICE)).hash).not.toBe(before.hash);
  });
});

Deno.test("weights that are missing, cut short or elsewhere are refused with where they should be", async () => {
  await withFolder(async (folder) => {
    const path = await writeExternal(folder);
    const weights = join(folder, "weights.data");
    await Deno.truncate(weights, 100);
    await expect(readModelFile(path)).rejects.toThrow(`its weights in ${weights} are cut short`);
    await Deno.remove(weights);
    await expect(readModelFile(path)).rejects.toThrow(
      `its weights have to lie beside it, in ${weights}: there is no such file or folder`,
    );
    for (const location of ["../weights.data", "/etc/hostname", "a/../../weights.data"]) {
      const elsewhere = readModelFile(await writeExternal(folder, location));
      await expect(elsewhere).rejects.toThrow("weights outside its folder");
    }
  });
});

Deno.test("notes beside a model are taken before its own, and unknown ones refused", async () => {
  await withFolder(async (folder) => {
    const path = join(folder, "model.onnx");
    await Deno.writeFile(path, serializeOnnx(yolov8Export()));
    const before = await prepareDetector(path, CHOICE);
    expect(before.layout.labels).toEqual(["thing 0", "thing 1", "thing 2"]);
    const notes = { names: ["a", "b", "c"], resize: "stretch", mean: [0.5, 0.5, 0.5] };
    await Deno.writeTextFile(`${path}.json`, JSON.stringify(notes));
    const { layout, hash } = await prepareDetector(path, CHOICE);
    expect(layout.labels).toEqual(notes.names);
    expect(layout.preprocessing).toMatchObject({ fit: "stretch", mean: [127.5, 127.5, 127.5] });
    expect(hash).not.toBe(before.hash);
    for (const wrong of ["[]", "{", `{"nmes": []}`]) {
      await Deno.writeTextFile(`${path}.json`, wrong);
      await expect(readModelFile(path)).rejects.toThrow(
        "expected a JSON object with some of names",
      );
    }
  });
});

/** Files that are no detectors, and what is said of each. */
const UNFIT: Record<string, [write: (path: string) => Promise<void>, because: string]> = {
  "a sparse file of 2 GB": [async (path) => {
    using file = await Deno.create(path);
    await file.truncate(2_147_483_648);
  }, "it has 2.1 GB; detectors of up to 1 GB work"],
  "a sparse file of 900 MB": [async (path) => {
    using file = await Deno.create(path);
    await file.truncate(900_000_000);
  }, "it is no ONNX file, or it is damaged; an ONNX file works"],
  "a text": [(path) => Deno.writeTextFile(path, "Hello, world\n".repeat(50)), "it is no ONNX file"],
  "a web page": [(path) => Deno.writeTextFile(path, "<!doctype html>"), "it is a web page or XML"],
  "a pointer of Git LFS": [
    (path) => Deno.writeTextFile(path, "version https://git-lfs.github.com/spec/v1\n"),
    "it is a pointer of Git LFS; fetch the file itself with git lfs pull",
  ],
  "PyTorch weights": [
    (path) => Deno.writeFile(path, new TextEncoder().encode("PK\x03\x04archive/data.pkl")),
    "it is a zip file, perhaps PyTorch weights; export them to ONNX",
  ],
  "an empty file": [(path) => Deno.writeFile(path, new Uint8Array()), "it is empty"],
  "a folder": [(path) => Deno.mkdir(path), "it is a folder; an ONNX file works"],
  "a model that is cut short": [async (path) => {
    const whole = serializeOnnx(yolov8Export());
    await Deno.writeFile(path, whole.subarray(0, whole.length - 1000));
  }, "it is cut short, "],
  "a model with a custom operator": [async (path) => {
    const model = yolov8Export();
    const node = model.graph.node.find(({ op_type }) => op_type === "Sigmoid");
    if (node !== undefined) Object.assign(node, { op_type: "Swoosh", domain: "my.company" });
    await Deno.writeFile(path, serializeOnnx(model));
  }, "it has the custom operator my.company.Swoosh, which onnxruntime does not bring along"],
  "a model with an unknown operator": [async (path) => {
    const model = yolov8Export();
    const node = model.graph.node.find(({ op_type }) => op_type === "Sigmoid");
    if (node !== undefined) node.op_type = "Swoosh";
    await Deno.writeFile(path, serializeOnnx(model));
  }, "onnxruntime cannot run it ("],
  "a language model with 900 MB of weights beside it": [async (path) => {
    const model = languageExport();
    const length = 900_000_000;
    const entries = { location: "weights.data", offset: "0", length: `${length}` };
    const external_data = Object.entries(entries).map(([key, value]) => ({ key, value }));
    const weights = { name: "weights", dims: [length / 4], data_type: 1, data_location: 1 };
    model.graph.initializer.push({ ...weights, external_data, raw_data: new Uint8Array() });
    await Deno.writeFile(path, serializeOnnx(model));
    using file = await Deno.create(join(dirname(path), "weights.data"));
    await file.truncate(length);
  }, "its inputs are input_ids [-1, -1]; an export that takes one image"],
  "a model with control flow": [async (path) => {
    const model = yolov8Export();
    const node = model.graph.node.find(({ op_type }) => op_type === "Sigmoid");
    if (node !== undefined) node.op_type = "Loop";
    await Deno.writeFile(path, serializeOnnx(model));
  }, "its boxes depend on control flow (Loop)"],
};

for (const [what, [write, because]] of Object.entries(UNFIT)) {
  Deno.test(`${what} is refused in one line, soon, and without much memory`, async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "model.onnx");
      await write(path);
      const before = Deno.memoryUsage().rss;
      const startedAt = performance.now();
      const error = await prepareDetector(path, CHOICE).catch((reason) => reason);
      expect(performance.now() - startedAt).toBeLessThan(MOST_MS);
      expect(Deno.memoryUsage().rss - before).toBeLessThan(MOST_BYTES);
      expect(error).toBeInstanceOf(ModelError);
      expect(error.message).toContain(`Cannot use the model ${path}: ${because}`);
      expect(error.message).not.toContain("\n");
    });
  });
}
