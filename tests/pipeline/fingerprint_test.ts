import { expect } from "expect";
import { fingerprint, type FingerprintParts } from "../../lib/pipeline/fingerprint.ts";
import {
  completeOptions,
  type PipelineServiceOptions,
} from "../../lib/pipeline/pipeline_options.ts";
import { PipelineRegistry } from "../../lib/pipeline/pipeline_registry.ts";

function of(
  options: Partial<PipelineServiceOptions> = {},
  parts: Partial<FingerprintParts> = {},
): string {
  const complete = completeOptions({ modelDir: "somewhere", ...options });
  const pipelines = new PipelineRegistry(complete).definitions;
  return fingerprint(complete, {
    pipelines,
    models: { "": "a", lorries: "b" },
    textModel: "PP-OCRv6_small",
    ...parts,
  });
}

Deno.test("services that find the same have one fingerprint, wherever their files are and however often they read", () => {
  const base = of();
  expect(base).toMatch(/^[0-9a-f]{64}$/);
  expect(of({ modelDir: "elsewhere", ocrIntervalMs: 100, tracking: false, workers: 7 })).toBe(base);
  expect(of({}, { models: { lorries: "b", "": "a" } })).toBe(base);
  const { definitions } = new PipelineRegistry();
  expect(of({}, { pipelines: definitions.toReversed() })).toBe(base);
});

Deno.test("services that may find something else have another fingerprint", () => {
  const [first, ...others] = new PipelineRegistry().definitions;
  if (first === undefined) throw new Error("There are no pipelines");
  const changed = structuredClone(first);
  changed.nodes = changed.nodes.map((node) => ({
    ...node,
    params: { ...node.params, classes: ["dog"] },
  }));
  const all = [
    of(),
    of({ confidence: 0.3 }),
    of({ iou: 0.5 }),
    of({ inputSize: { width: 320, height: 256 } }),
    of({ precision: "fp32" }),
    of({ textPrecision: "fp32" }),
    of({ maxPixels: 1000 }),
    of({ tiles: "2x2" }),
    of({}, { models: { "": "a", lorries: "c" } }),
    of({}, { models: { "": "a" } }),
    of({}, { textModel: "ch_PP-OCRv4" }),
    of({}, { pipelines: others }),
    of({}, { pipelines: [changed, ...others] }),
  ];
  expect(new Set(all).size).toBe(all.length);
});
