import { expect } from "expect";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { ModelError, ModelNotFoundError } from "../../lib/onnx/errors.ts";
import {
  arithmeticOf,
  loadPrepared,
  loadUncut,
  prepareDetector,
} from "../../lib/models/specialized_model.ts";
import { operation } from "../../lib/onnx/onnx_nodes.ts";
import { parseOnnx, serializeOnnx } from "../../lib/onnx/onnx_schema.ts";
import { ensureModel } from "../pipeline/models.ts";

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
    const prepared = await prepareDetector(path, SIZE, 0.25);
    expect(prepared.path).toMatch(/copy\.prepared-[0-9a-f]{16}\.onnx$/);
    expect(filesOf(folder)).toHaveLength(2);
  });
});

Deno.test("prepareDetector uses a specialized model that is there", async () => {
  await withModelCopy(async (path) => {
    const prepared = await prepareDetector(path, SIZE, 0.25);
    await Deno.utime(prepared.path, 1000, 1000);
    expect((await prepareDetector(path, SIZE, 0.25)).path).toBe(prepared.path);
    await loadPrepared(prepared);
    expect((await Deno.stat(prepared.path)).mtime?.getTime()).toBe(1_000_000);
  });
});

Deno.test("prepareDetector makes another model for another size, confidence or source", async () => {
  await withModelCopy(async (path) => {
    const names = new Set([(await prepareDetector(path, SIZE, 0.25)).path]);
    names.add((await prepareDetector(path, { width: 256, height: 320 }, 0.25)).path);
    names.add((await prepareDetector(path, SIZE, 0.5)).path);
    // A field that no reader knows, at the end, makes another file of the same network.
    await Deno.writeFile(path, new Uint8Array([0xf8, 0x07, 1]), { append: true });
    names.add((await prepareDetector(path, SIZE, 0.25)).path);
    expect(names.size).toBe(4);
  });
});

Deno.test("a specialized model that is damaged or gone is made again, at the start and later", async () => {
  await withModelCopy(async (path) => {
    const prepared = await prepareDetector(path, SIZE, 0.25);
    const other = await prepareDetector(path, { width: 256, height: 320 }, 0.25);
    const whole = await Deno.readFile(prepared.path);
    const flipped = whole.slice();
    flipped[whole.length >> 1] ^= 1;
    const damages: Record<string, () => Promise<void>> = {
      "cut short": () => Deno.truncate(prepared.path, whole.length - 1),
      "cut to its half": () => Deno.truncate(prepared.path, whole.length >> 1),
      "empty": () => Deno.truncate(prepared.path, 0),
      "all zeros": () => Deno.writeFile(prepared.path, new Uint8Array(whole.length)),
      "one bit another": () => Deno.writeFile(prepared.path, flipped),
      "with more at its end": () =>
        Deno.writeFile(prepared.path, new Uint8Array(1), { append: true }),
      "that of other settings": () => Deno.copyFile(other.path, prepared.path),
      "the source itself": () => Deno.copyFile(path, prepared.path),
      "gone": () => Deno.remove(prepared.path),
    };
    for (const [name, damage] of Object.entries(damages)) {
      for (const mend of [() => prepareDetector(path, SIZE, 0.25), () => loadPrepared(prepared)]) {
        await damage();
        await mend();
        expect([name, Buffer.compare(await Deno.readFile(prepared.path), whole)]).toEqual([
          name,
          0,
        ]);
      }
    }
  });
});

Deno.test("a specialized model that cannot be kept is made for each who loads it", async () => {
  await withModelCopy(async (path, folder) => {
    const prepared = await prepareDetector(path, SIZE, 0.25);
    const bytes = await loadPrepared(prepared);
    await Deno.remove(prepared.path);
    // A folder in its place makes the rename fail, for the superuser too.
    await Deno.mkdir(join(prepared.path, "taken"), { recursive: true });
    const again = await prepareDetector(path, SIZE, 0.25);
    expect(Buffer.compare(await loadPrepared(again), bytes)).toBe(0);
    expect(filesOf(folder)).toHaveLength(2);
  });
});

Deno.test("a model that is replaced under a running server is not mistaken for the one before", async () => {
  await withModelCopy(async (path, folder) => {
    const prepared = await prepareDetector(path, SIZE, 0.25);
    await Deno.remove(prepared.path);
    await Deno.writeFile(path, new Uint8Array([0xf8, 0x07, 1]), { append: true });
    await expect(loadPrepared(prepared)).rejects.toThrow(ModelError);
    await expect(loadPrepared(prepared)).rejects.toThrow("restart the server");
    expect(filesOf(folder)).toEqual(["copy.onnx"]);
  });
});

Deno.test("prepareDetector says what to do about a missing model", async () => {
  const missing = prepareDetector("/nowhere/yolov8n.onnx", SIZE, 0.25);
  await expect(missing).rejects.toThrow(ModelNotFoundError);
  await expect(missing).rejects.toThrow(`run "deno task models"`);
});

Deno.test("an uncut model is made for no size or confidence, and kept nowhere", async () => {
  await withModelCopy(async (path, folder) => {
    const { layout, model } = await loadUncut(path, SIZE);
    expect([layout.kind, layout.input]).toEqual(["yolov8", { width: 640, height: 640 }]);
    expect(parseOnnx(model).graph.output.map(({ name }) => name)).toEqual(layout.outputs);
    expect(filesOf(folder)).toEqual(["copy.onnx"]);
  });
  await expect(loadUncut("gone.onnx", SIZE)).rejects.toThrow(ModelNotFoundError);
});

Deno.test("a model with operations that dequantize computes with 8 bits", async () => {
  await withModelCopy(async (path) => {
    expect(await arithmeticOf(path)).toBe("float32");
    const model = parseOnnx(await Deno.readFile(path));
    model.graph.node.push(operation("DequantizeLinear", ["a", "b", "c"], "d"));
    await Deno.writeFile(path, serializeOnnx(model));
    expect(await arithmeticOf(path)).toBe("8 bits");
  });
});
