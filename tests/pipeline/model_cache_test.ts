import { expect } from "expect";
import { prepareDetector } from "../../lib/models/specialized_model.ts";
import { ModelCache } from "../../lib/pipeline/model_cache.ts";
import { serializeOnnx } from "../../lib/onnx/onnx_schema.ts";
import { classifierExport } from "../detection/exports/other_exports.ts";
import { ensureModel } from "./models.ts";

async function smallNeeds() {
  const choice = { size: { width: 64, height: 64 }, confidence: 0.25, precision: "fp32" } as const;
  const prepared = await prepareDetector(await ensureModel(), choice);
  return { prepared, input: choice.size, threads: 1, device: "cpu", iou: 0.45 } as const;
}

Deno.test("a detector is loaded once for each input, precision and number of threads", async () => {
  const needs = await smallNeeds();
  const cache = new ModelCache(Infinity);
  const first = await cache.detector(needs);
  expect(await cache.detector({ ...needs })).toBe(first);
  const others = [
    await cache.detector({ ...needs, input: { width: 64, height: 96 } }),
    await cache.detector({ ...needs, threads: 2 }),
    await cache.detector({ ...needs, prepared: { ...needs.prepared, precision: "int8" } }),
  ];
  expect(new Set([first, ...others]).size).toBe(4);
  expect(others[0]?.input).toEqual({ width: 64, height: 96 });
  await cache.release();
});

Deno.test("classifiers share the memory with detectors", async () => {
  const needs = await smallNeeds();
  const folder = await Deno.makeTempDir();
  const source = `${folder}/kinds.onnx`;
  await Deno.writeFile(source, serializeOnnx(classifierExport({ task: "classify" })));
  const cache = new ModelCache(1);
  const first = await cache.classifier(source, needs);
  expect(await cache.classifier(source, needs)).toBe(first);
  expect(cache.bytes).toBeGreaterThan(0);
  const detector = await cache.detector(needs);
  expect(await cache.classifier(source, needs)).not.toBe(first);
  expect(await cache.detector(needs)).not.toBe(detector);
  await cache.release();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a copy of a model under another name is a model of its own", async () => {
  const needs = await smallNeeds();
  const folder = await Deno.makeTempDir();
  const source = `${folder}/copy.onnx`;
  await Deno.copyFile(needs.prepared.source, source);
  const cache = new ModelCache(Infinity);
  const first = await cache.detector(needs);
  expect(await cache.detector({ ...needs, prepared: { ...needs.prepared, source } })).not.toBe(
    first,
  );
  await cache.release();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("of many detectors those that were used last are kept, as many as there is memory for", async () => {
  const needs = await smallNeeds();
  // Each takes at least the 13 MB of its graph, and no more than 60 MB at such a small input.
  const cache = new ModelCache(150e6);
  const of = (index: number) =>
    cache.detector({ ...needs, input: { width: 64, height: 64 + 32 * index } });
  const first = await of(0);
  const second = await of(1);
  expect(cache.bytes).toBeGreaterThan(2 * 12e6);
  for (let index = 2; index < 14; index += 1) {
    await of(index);
    expect(await of(0)).toBe(first);
    expect(cache.bytes).toBeLessThanOrEqual(150e6);
  }
  expect(await of(1)).not.toBe(second);
  await cache.release();
});

Deno.test("the detector in use is kept however little memory there is for it", async () => {
  const needs = await smallNeeds();
  const cache = new ModelCache(1);
  const first = await cache.detector(needs);
  expect(await cache.detector(needs)).toBe(first);
  await cache.detector({ ...needs, threads: 2 });
  expect(await cache.detector(needs)).not.toBe(first);
  await cache.release();
});
