/**
 * A Web Worker that decodes pictures and finds the objects in them, one at a time.
 *
 * @module
 */

import { describeImageError } from "./describe_image_error.ts";
import { Detector } from "../detection/detector.ts";
import { decodeLetterboxed } from "../image/image_decoder.ts";
import { fitLetterbox, LETTERBOX_GREY } from "../image/letterbox.ts";
import type { Size } from "../image/size.ts";
import { compilePipeline, type RunOutcome } from "./pipeline_runner.ts";
import { loadPrepared } from "../models/specialized_model.ts";
import { runWorkerLoop } from "../workers/worker_loop.ts";
import type { DetectorSetup, DetectTask, WorkerSetup } from "./worker_tasks.ts";

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

runWorkerLoop<WorkerSetup, DetectTask, RunOutcome>(async (setup) => {
  const { pipelines, maxPixels } = setup;
  const runners = new Map(pipelines.map((each) => [each.id, compilePipeline(each)]));
  await detectorFor(setup);
  return {
    async run({ pipelineId, picture, inputSize, threads }) {
      const runner = runners.get(pipelineId);
      if (runner === undefined) {
        throw new RangeError(`Cannot run the pipeline "${pipelineId}": unknown`);
      }
      const detector = await detectorFor(setup, inputSize, threads);
      return await runner({ picture, maxPixels, detector, decode: decodeLetterboxed });
    },
    async release() {
      const loaded = await Promise.allSettled(detectors.values());
      for (const each of loaded) if (each.status === "fulfilled") await each.value.release();
    },
  };
}, describeImageError);
