import { expect } from "expect";
import { prepareDetector } from "../../lib/models/specialized_model.ts";
import { DetectorCache, MOST_DETECTORS } from "../../lib/pipeline/detector_cache.ts";
import { ensureModel } from "./models.ts";

async function smallNeeds() {
  const choice = { size: { width: 64, height: 64 }, confidence: 0.25, precision: "fp32" } as const;
  const prepared = await prepareDetector(await ensureModel(), choice);
  return { prepared, input: choice.size, threads: 1, device: "cpu", iou: 0.45 } as const;
}

Deno.test("a detector is loaded once for each input, precision and number of threads", async () => {
  const needs = await smallNeeds();
  const cache = new DetectorCache();
  const first = await cache.get(needs);
  expect(await cache.get({ ...needs })).toBe(first);
  const others = [
    await cache.get({ ...needs, input: { width: 64, height: 96 } }),
    await cache.get({ ...needs, threads: 2 }),
    await cache.get({ ...needs, prepared: { ...needs.prepared, precision: "int8" } }),
  ];
  expect(new Set([first, ...others]).size).toBe(4);
  expect(others[0]?.input).toEqual({ width: 64, height: 96 });
  await cache.release();
});

Deno.test("of many detectors those that were used last are kept", async () => {
  const needs = await smallNeeds();
  const cache = new DetectorCache();
  const of = (index: number) =>
    cache.get({ ...needs, input: { width: 64, height: 64 + 32 * index } });
  const first = await of(0);
  const second = await of(1);
  for (let index = 2; index < MOST_DETECTORS; index += 1) await of(index);
  expect(await of(0)).toBe(first);
  await of(MOST_DETECTORS);
  expect(await of(0)).toBe(first);
  expect(await of(1)).not.toBe(second);
  await cache.release();
});
