import { expect } from "expect";
import { join } from "node:path";
import { addModel } from "../../lib/models/add_model.ts";
import { listOwnModels } from "../../lib/models/own_models.ts";
import { modelPath } from "../../lib/models/model_catalog.ts";
import { prepareDetector } from "../../lib/models/specialized_model.ts";
import { ModelError, ModelNotFoundError } from "../../lib/onnx/errors.ts";
import { serializeOnnx } from "../../lib/onnx/onnx_schema.ts";
import { classifierExport } from "../detection/exports/other_exports.ts";
import { yolov8Export } from "../detection/exports/yolov8_exports.ts";

const CHOICE = { size: { width: 96, height: 64 }, confidence: 0.3, precision: "fp32" } as const;

async function withFolders(test: (given: string, directory: string) => Promise<void>) {
  const root = await Deno.makeTempDir();
  const given = join(root, "given");
  await Deno.mkdir(given);
  try {
    await test(given, join(root, "models"));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function writeModel(folder: string, file = "lorries.onnx"): Promise<string> {
  const path = join(folder, file);
  await Deno.writeFile(path, serializeOnnx(yolov8Export()));
  return path;
}

async function filesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).toSorted();
}

Deno.test("a model that is added is known by its name, with its classes and its speed", async () => {
  await withFolders(async (given, directory) => {
    const source = await writeModel(given);
    await Deno.writeTextFile(`${source}.json`, JSON.stringify({ names: ["lorry", "van", "cart"] }));
    const { name, notes } = await addModel(source, { directory, licence: "MIT" });
    expect(name).toBe("lorries");
    expect(notes).toMatchObject({
      licence: "MIT",
      classes: ["lorry", "van", "cart"],
      precision: "fp32",
    });
    expect(notes.speed.ms).toBeGreaterThan(0);
    expect(await filesIn(directory)).toEqual([
      "lorries.model.json",
      "lorries.onnx",
      "lorries.onnx.json",
    ]);
    const size = (await Deno.stat(source)).size;
    const role = "detector";
    expect(await listOwnModels(directory)).toEqual([{ name: "lorries", role, size, notes }]);
    const { layout } = await prepareDetector(modelPath("lorries", directory), CHOICE);
    expect(layout.labels).toEqual(["lorry", "van", "cart"]);
    // Again, it is only measured.
    expect((await addModel(source, { directory })).notes.licence).toBe(null);
  });
});

Deno.test("a classifier is added as a detector is", async () => {
  await withFolders(async (given, directory) => {
    const source = join(given, "kinds.onnx");
    const names = `{0: 'cat', 1: 'dog', 2: 'owl', 3: 'bee'}`;
    const model = serializeOnnx(classifierExport({ task: "classify", names }));
    await Deno.writeFile(source, model);
    const { name, role, notes } = await addModel(source, { directory });
    expect([name, role]).toEqual(["kinds", "classifier"]);
    expect(notes).toMatchObject({
      classes: ["cat", "dog", "owl", "bee"],
      input: { width: 96, height: 64 },
      precision: "fp32",
    });
    expect(notes.speed.ms).toBeGreaterThan(0);
    expect(await listOwnModels(directory)).toEqual([{ name, role, size: model.length, notes }]);
  });
});

Deno.test("a classifier that cannot run is refused, and nothing is copied", async () => {
  await withFolders(async (given, directory) => {
    const source = join(given, "kinds.onnx");
    const model = classifierExport({ task: "classify" });
    const [node] = model.graph.node;
    if (node === undefined) throw new TypeError("The export has no nodes");
    node.op_type = "Unheard";
    await Deno.writeFile(source, serializeOnnx(model));
    await expect(addModel(source, { directory })).rejects.toThrow(
      /^Cannot use the model .*kinds\.onnx: .*(onnxruntime cannot run it|no operator).*works$/,
    );
    await expect(Deno.stat(directory)).rejects.toThrow(Deno.errors.NotFound);
  });
});

Deno.test("weights in a file of their own come along", async () => {
  await withFolders(async (given, directory) => {
    const model = yolov8Export();
    const [tensor] = model.graph.initializer.filter(({ data_type, raw_data }) =>
      data_type === 1 && raw_data.length >= 64
    );
    if (tensor === undefined) throw new TypeError("The export has no weights");
    await Deno.writeFile(join(given, "weights.data"), tensor.raw_data);
    tensor.raw_data = new Uint8Array();
    tensor.data_location = 1;
    tensor.external_data = [{ key: "location", value: "weights.data" }];
    const source = join(given, "apart.onnx");
    await Deno.writeFile(source, serializeOnnx(model));
    await addModel(source, { directory, name: "whole" });
    expect(await filesIn(directory)).toEqual(["weights.data", "whole.model.json", "whole.onnx"]);
    await Deno.remove(given, { recursive: true });
    await prepareDetector(modelPath("whole", directory), CHOICE);
  });
});

Deno.test("a model that lies in the folder already is measured where it is", async () => {
  await withFolders(async (_, directory) => {
    await Deno.mkdir(directory);
    const source = await writeModel(directory);
    expect(await listOwnModels(directory)).toMatchObject([{ name: "lorries", notes: undefined }]);
    const { notes } = await addModel(source, { directory });
    expect(await listOwnModels(directory)).toMatchObject([{ name: "lorries", notes }]);
  });
});

Deno.test("a name that is taken, or is none, is refused, and nothing is copied", async () => {
  await withFolders(async (given, directory) => {
    const source = await writeModel(given, "two words.onnx");
    for (const name of [undefined, "a/b", "yolov8n", "", "x.onnx"]) {
      const error = await addModel(source, { directory, name }).catch((reason) => reason);
      expect(error).toBeInstanceOf(ModelError);
      expect(error.message).toContain("--name");
    }
    await Deno.mkdir(directory);
    await Deno.writeTextFile(join(directory, "other.onnx"), "another");
    await expect(addModel(source, { directory, name: "other" })).rejects.toThrow(
      /there is another .*other\.onnx; choose another name with --name/,
    );
    expect(await filesIn(directory)).toEqual(["other.onnx"]);
    await expect(addModel(join(given, "none.onnx"), { directory })).rejects.toThrow(
      ModelNotFoundError,
    );
  });
});
