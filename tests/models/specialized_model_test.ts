import { expect } from "expect";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { ModelError, ModelNotFoundError } from "../../lib/onnx/errors.ts";
import { calibrationPath } from "../../lib/models/calibration.ts";
import {
  arithmeticOf,
  loadDetector,
  loadUncut,
  possiblePrecisions,
  prepareDetector,
  readDetector,
} from "../../lib/models/specialized_model.ts";
import { operation } from "../../lib/onnx/onnx_nodes.ts";
import { parseOnnx, serializeOnnx } from "../../lib/onnx/onnx_schema.ts";
import { ensureModel } from "../pipeline/models.ts";

const SIZE = { width: 320, height: 256 };
const INTEGERS = { size: SIZE, confidence: 0.25, precision: "int8" } as const;
const FLOATS = { ...INTEGERS, precision: "fp32" } as const;

/** A field that no reader knows: at the end of a model, it makes another file of the same network. */
const UNKNOWN_FIELD = new Uint8Array([0xf8, 0x07, 1]);

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

/** Quantizes the model, and gives the path of the copy too. */
async function prepareIntegers(path: string) {
  const prepared = await prepareDetector(path, INTEGERS);
  return { prepared, copy: prepared.copy ?? "" };
}

/** The shipped calibration, for another file. */
async function calibrationFor(path: string): Promise<string> {
  const { hash: model } = await prepareDetector(path, FLOATS);
  const shipped = new URL("../../lib/models/calibrations/yolov8n.json", import.meta.url);
  return JSON.stringify({ ...JSON.parse(await Deno.readTextFile(shipped)), model });
}

function filesOf(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map((file) => file.name).sort();
}

Deno.test("prepareDetector keeps one quantized copy beside the model, for all inputs and confidences", async () => {
  await withModelCopy(async (path, folder) => {
    const { copy } = await prepareIntegers(path);
    expect(copy).toMatch(/copy\.prepared-[0-9a-f]{16}\.onnx$/);
    const size = { width: 256, height: 320 };
    expect((await prepareDetector(path, { ...INTEGERS, size, confidence: 0.5 })).copy).toBe(copy);
    expect(filesOf(folder)).toHaveLength(2);
    await Deno.writeFile(path, UNKNOWN_FIELD, { append: true });
    await Deno.writeTextFile(calibrationPath(path), await calibrationFor(path));
    expect((await prepareIntegers(path)).copy).not.toBe(copy);
  });
});

Deno.test("prepareDetector keeps nothing of a detector that computes with float32", async () => {
  await withModelCopy(async (path, folder) => {
    const prepared = await prepareDetector(path, FLOATS);
    expect(prepared.copy).toBeUndefined();
    const { layout } = await loadDetector(prepared, { width: 256, height: 320 });
    expect(layout.input).toEqual({ width: 256, height: 320 });
    expect(filesOf(folder)).toEqual(["copy.onnx"]);
  });
});

Deno.test("prepareDetector uses a quantized copy that is there", async () => {
  await withModelCopy(async (path) => {
    const { prepared, copy } = await prepareIntegers(path);
    await Deno.utime(copy, 1000, 1000);
    await prepareIntegers(path);
    await loadDetector(prepared);
    expect((await Deno.stat(copy)).mtime?.getTime()).toBe(1_000_000);
  });
});

Deno.test("a quantized copy that is damaged or gone is made again, at the start and later", async () => {
  await withModelCopy(async (path) => {
    const { prepared, copy } = await prepareIntegers(path);
    const whole = await Deno.readFile(copy);
    const flipped = whole.slice();
    flipped[whole.length >> 1] ^= 1;
    const damages: Record<string, () => Promise<void>> = {
      "cut short": () => Deno.truncate(copy, whole.length - 1),
      "cut to its half": () => Deno.truncate(copy, whole.length >> 1),
      "empty": () => Deno.truncate(copy, 0),
      "all zeros": () => Deno.writeFile(copy, new Uint8Array(whole.length)),
      "one bit another": () => Deno.writeFile(copy, flipped),
      "with more at its end": () => Deno.writeFile(copy, new Uint8Array(1), { append: true }),
      "the model itself": () => Deno.copyFile(path, copy),
      "gone": () => Deno.remove(copy),
    };
    for (const [name, damage] of Object.entries(damages)) {
      for (const mend of [() => prepareIntegers(path), () => loadDetector(prepared)]) {
        await damage();
        await mend();
        expect([name, Buffer.compare(await Deno.readFile(copy), whole)]).toEqual([name, 0]);
      }
    }
  });
});

Deno.test("a quantized copy that cannot be kept is made for each who loads it", async () => {
  await withModelCopy(async (path, folder) => {
    const { prepared, copy } = await prepareIntegers(path);
    const { model } = await loadDetector(prepared);
    await Deno.remove(copy);
    // A folder in its place makes the rename fail, for the superuser too.
    await Deno.mkdir(join(copy, "taken"), { recursive: true });
    const again = await prepareDetector(path, INTEGERS);
    expect(Buffer.compare((await loadDetector(again)).model, model)).toBe(0);
    expect(filesOf(folder)).toHaveLength(2);
  });
});

Deno.test("a model that is replaced under a running server is not mistaken for the one before", async () => {
  await withModelCopy(async (path, folder) => {
    const integers = await prepareIntegers(path);
    const floats = await prepareDetector(path, FLOATS);
    await Deno.remove(integers.copy);
    await Deno.writeFile(path, UNKNOWN_FIELD, { append: true });
    for (const prepared of [integers.prepared, floats]) {
      await expect(loadDetector(prepared)).rejects.toThrow(ModelError);
      await expect(loadDetector(prepared)).rejects.toThrow("restart the server");
    }
    expect(filesOf(folder)).toEqual(["copy.onnx"]);
  });
});

Deno.test("8 bits need a calibration, which holds for one file only", async () => {
  await withModelCopy(async (path) => {
    const possible = async () => (await possiblePrecisions(path, "auto")).precisions;
    expect(await possible()).toEqual(["int8", "fp32"]);
    const text = await calibrationFor(path);
    await Deno.writeFile(path, UNKNOWN_FIELD, { append: true });
    await Deno.writeTextFile(calibrationPath(path), text);
    expect(await possible()).toEqual(["fp32"]);
    await expect(prepareDetector(path, INTEGERS)).rejects.toThrow(
      `Cannot compute ${path} with 8 bits: it is not calibrated; run "deno task quantize`,
    );
    await Deno.writeTextFile(calibrationPath(path), await calibrationFor(path));
    expect(await possible()).toEqual(["int8", "fp32"]);
    await prepareDetector(path, INTEGERS);
  });
});

Deno.test("a calibration that is none, or that of another network, is told in one sentence", async () => {
  await withModelCopy(async (path) => {
    const { hash: model } = await prepareDetector(path, FLOATS);
    const cases: [string, string][] = [
      ["{", `Cannot use ${calibrationPath(path)}: it is not a calibration`],
      ['{"model": 1}', `Cannot use ${calibrationPath(path)}: it is not a calibration`],
      [
        JSON.stringify({ model, images: 1, ranges: {} }),
        `Cannot compute ${path} with 8 bits: its calibration is that of another network`,
      ],
    ];
    for (const [text, message] of cases) {
      await Deno.writeTextFile(calibrationPath(path), text);
      await expect(prepareDetector(path, INTEGERS)).rejects.toThrow(ModelError);
      await expect(prepareDetector(path, INTEGERS)).rejects.toThrow(message);
    }
  });
});

Deno.test("prepareDetector and readDetector say what to do about a missing model", async () => {
  const path = "/nowhere/yolov8n.onnx";
  for (
    const missing of [() => prepareDetector(path, FLOATS), () => readDetector(path, FLOATS.size)]
  ) {
    await expect(missing()).rejects.toThrow(ModelNotFoundError);
    await expect(missing()).rejects.toThrow(`run "deno task models"`);
  }
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
