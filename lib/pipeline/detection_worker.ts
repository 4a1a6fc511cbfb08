/**
 * A Web Worker that decodes images and finds the objects in them, one at a time.
 *
 * @module
 */

import { FrameDecoder } from "../image/frame_decoder.ts";
import { shapeInput } from "../image/input_shape.ts";
import type { Size } from "../image/size.ts";
import { runWorkerLoop } from "../workers/worker_loop.ts";
import { describeImageError } from "./describe_image_error.ts";
import { DetectorCache } from "./detector_cache.ts";
import { needsPixels } from "./pipeline_plan.ts";
import { misplaced, nodeLookup, runNodes } from "./run_nodes.ts";
import type { DetectTask, SegmentOutcome, WorkerSetup } from "./worker_tasks.ts";

runWorkerLoop<WorkerSetup, DetectTask, SegmentOutcome>(async (setup) => {
  const { pipelines, detectors: [first, ...others], inputSize, fitsFrames, maxPixels } = setup;
  const nodesFor = nodeLookup(pipelines);
  const cache = new DetectorCache();
  await cache.get({ ...setup, prepared: first, input: inputSize });
  return {
    async run(task) {
      const { pipelineId, nodes: ids, given, image, upright, threads = setup.threads } = task;
      const nodes = nodesFor(pipelineId, ids);
      using frame = new FrameDecoder(image, {
        maxPixels,
        upright,
        needsPixels: nodes.some(needsPixels),
      });
      const prepared = others.find(({ precision }) => precision === task.precision) ?? first;
      const detectorFor = async () => {
        const like = task.inputSize ?? inputSize;
        const input = fitsFrames ? shapeInput(await frame.size(), like) : like;
        return await cache.get({
          ...setup,
          prepared,
          input: prepared.ownInput ?? input,
          threads,
        });
      };
      let input: Size | undefined;
      const outcome = await runNodes(nodes, given, frame, async (node, inputs) => {
        if (node.step.runsOn !== "detection") throw misplaced(node);
        const detector = await detectorFor();
        input = detector.input;
        return await node.step.run(inputs, node.params, { frame, detector });
      });
      return { ...outcome, input };
    },
    release: () => cache.release(),
  };
}, describeImageError);
