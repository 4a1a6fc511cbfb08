/**
 * A Web Worker that decodes images and finds the objects in them, one at a time.
 *
 * @module
 */

import { describeImageError } from "./describe_image_error.ts";
import { Detector } from "../detection/detector.ts";
import { FrameDecoder } from "../image/frame_decoder.ts";
import { fitLetterbox, LETTERBOX_GREY } from "../image/letterbox.ts";
import type { Size } from "../image/size.ts";
import { needsPixels } from "./pipeline_plan.ts";
import { misplaced, nodeLookup, runNodes } from "./run_nodes.ts";
import { loadPrepared } from "../models/specialized_model.ts";
import { runWorkerLoop } from "../workers/worker_loop.ts";
import type { DetectorSetup, DetectTask, SegmentOutcome, WorkerSetup } from "./worker_tasks.ts";

/** Detectors by their input and threads, as they are asked for; a `Promise` while one is being loaded. */
const detectors = new Map<string, Promise<Detector>>();

/** The detector for an input and a number of threads, or the one that was loaded at the start. */
function detectorFor(
  { detector, otherDetectors }: WorkerSetup,
  inputSize?: Size,
  threads = detector.threads,
): Promise<Detector> {
  const options =
    otherDetectors.find(({ layout: { input } }) =>
      input.width === inputSize?.width && input.height === inputSize.height
    ) ?? detector;
  const { width, height } = options.layout.input;
  const key = `${width}x${height} on ${threads}`;
  return detectors.getOrInsertComputed(key, () => {
    const loading = loadDetector({ ...options, threads });
    // The next frame tries again.
    loading.catch(() => detectors.delete(key));
    return loading;
  });
}

async function loadDetector(setup: DetectorSetup): Promise<Detector> {
  const detector = await Detector.create({ ...setup, model: await loadPrepared(setup) });
  await warmUp(detector);
  return detector;
}

/** The first inference allocates, and takes several times as long as the next. */
async function warmUp(detector: Detector): Promise<void> {
  detector.pixels.fill(LETTERBOX_GREY);
  await detector.detect(fitLetterbox(detector.input, detector.input));
}

runWorkerLoop<WorkerSetup, DetectTask, SegmentOutcome>(async (setup) => {
  const { pipelines, maxPixels } = setup;
  const nodesFor = nodeLookup(pipelines);
  await detectorFor(setup);
  return {
    async run({ pipelineId, nodes: ids, given, image, upright, inputSize, threads }) {
      const nodes = nodesFor(pipelineId, ids);
      using frame = new FrameDecoder(image, {
        maxPixels,
        upright,
        needsPixels: nodes.some(needsPixels),
      });
      const detector = await detectorFor(setup, inputSize, threads);
      return await runNodes(nodes, given, frame, (node, inputs) => {
        if (node.step.runsOn !== "detection") throw misplaced(node);
        return node.step.run(inputs, node.params, { frame, detector });
      });
    },
    async release() {
      const loaded = await Promise.allSettled(detectors.values());
      for (const each of loaded) if (each.status === "fulfilled") await each.value.release();
    },
  };
}, describeImageError);
