import type { WorkerSetup } from "../../lib/pipeline/worker_tasks.ts";

/** What the faulty worker is set up with: it loads no model. */
export function faultySetup(copy?: string): WorkerSetup {
  const input = { width: 32, height: 32 };
  return {
    pipelines: [],
    detectors: [{
      source: "",
      hash: "",
      copy,
      size: input,
      layout: { kind: "end2end", labels: [], input, suppressed: true, outputs: [] },
      ownInput: undefined,
      confidence: 0,
      precision: "fp32",
    }],
    inputSize: input,
    classifiers: new Map(),
    models: new Map(),
    memoryBytes: 1,
    fitsFrames: false,
    threads: 1,
    device: "cpu",
    iou: 0,
    maxPixels: 1,
  };
}
