import { expect } from "expect";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { ModelNotFoundError } from "../../lib/pipeline/errors.ts";
import { prepareDetector } from "../../lib/pipeline/specialized_model.ts";
import { ensureModel } from "./models.ts";

const SIZE = { width: 320, height: 256 };

/** Runs a test in a folder that holds a copy of the model. */
async function withModelCopy(test: (path: string, folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "copy.onnx");
    await Deno.copyFile(await ensureModel(), path);
    await test(path, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function filesOf(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map((file) => file.name).sort();
}

Deno.test("prepareDetector keeps the specialized model next to its source", async () => {
  await withModelCopy(async (path, folder) => {
    const { model } = await prepareDetector(path, SIZE, 0.25);
    expect(model).toMatch(/copy\.[0-9a-f]{16}\.onnx$/);
    expect(filesOf(folder)).toHaveLength(2);
  });
});

Deno.test("prepareDetector uses a specialized model that is there", async () => {
  await withModelCopy(async (path) => {
    const { model } = await prepareDetector(path, SIZE, 0.25);
    await Deno.utime(model as string, 1000, 1000);
    expect((await prepareDetector(path, SIZE, 0.25)).model).toBe(model);
    expect((await Deno.stat(model as string)).mtime?.getTime()).toBe(1_000_000);
  });
});

Deno.test("prepareDetector makes another model for another size, confidence or source", async () => {
  await withModelCopy(async (path) => {
    const names = new Set([(await prepareDetector(path, SIZE, 0.25)).model]);
    names.add((await prepareDetector(path, { width: 256, height: 320 }, 0.25)).model);
    names.add((await prepareDetector(path, SIZE, 0.5)).model);
    // A field that no reader knows, at the end, makes another file of the same network.
    await Deno.writeFile(path, new Uint8Array([0xf8, 0x07, 1]), { append: true });
    names.add((await prepareDetector(path, SIZE, 0.25)).model);
    expect(names.size).toBe(4);
  });
});

Deno.test("prepareDetector keeps the model in memory where it cannot write", async () => {
  await withModelCopy(async (path, folder) => {
    const { model } = await prepareDetector(path, SIZE, 0.25);
    const bytes = await Deno.readFile(model as string);
    await Deno.remove(model as string);
    // A folder in its place makes the rename fail, for the superuser too.
    await Deno.mkdir(join(model as string, "taken"), { recursive: true });
    const inMemory = (await prepareDetector(path, SIZE, 0.25)).model as Uint8Array;
    expect(Buffer.compare(inMemory, bytes)).toBe(0);
    expect(filesOf(folder)).toHaveLength(2);
  });
});

Deno.test("prepareDetector says what to do about a missing model", async () => {
  const missing = prepareDetector("/nowhere/yolov8n.onnx", SIZE, 0.25);
  await expect(missing).rejects.toThrow(ModelNotFoundError);
  await expect(missing).rejects.toThrow(`run "deno task models"`);
});
