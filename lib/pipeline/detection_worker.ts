/**
 * A Web Worker that decodes images and finds the objects in them, one at a time.
 *
 * @module
 */

import { FrameDecoder } from "../image/frame_decoder.ts";
import { shapeInput } from "../image/input_shape.ts";
import type { Size } from "../image/size.ts";
import { runWorkerLoop } from "../workers/worker_loop.ts";
import { ClassifierCache } from "./classifier_cache.ts";
import { describeImageError } from "./describe_image_error.ts";
import { DetectorCache } from "./detector_cache.ts";
import { needsPixels } from "./pipeline_plan.ts";
import { misplaced, nodeLookup, runNodes } from "./run_nodes.ts";
import type { DetectTask, SegmentOutcome, WorkerSetup } from "./worker_tasks.ts";

runWorkerLoop<WorkerSetup, DetectTask, SegmentOutcome>(async (setup) => {
  const { pipelines, detectors: [first, ...others], inputSize, fitsFrames, maxPixels } = setup;
  const nodesFor = nodeLookup(pipelines);
  const cache = new DetectorCache(setup.memoryBytes);
  const classifiers = new ClassifierCache(setup.classifiers);
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
      let input: Size | undefined;
      const detectorFor = async (model: string | undefined) => {
        const prepared = model === undefined
          ? others.find(({ precision }) => precision === task.precision) ?? first
          : setup.models.get(model);
        if (prepared === undefined) {
          throw new RangeError(`Cannot use the model "${model}": unknown`);
        }
        const like = task.inputSize ?? inputSize;
        const shaped = fitsFrames ? shapeInput(await frame.size(), like) : like;
        const detector = await cache.get({
          ...setup,
          prepared,
          input: prepared.ownInput ?? shaped,
          threads,
        });
        input ??= detector.input;
        return detector;
      };
      const classifierFor = (model = "") => classifiers.get(model, { ...setup, threads });
      const outcome = await runNodes(nodes, given, frame, async (node, inputs) => {
        if (node.step.runsOn !== "detection") throw misplaced(node);
        return await node.step.run(inputs, node.params, { frame, detectorFor, classifierFor });
      });
      return { ...outcome, input };
    },
    async release() {
      await cache.release();
      await classifiers.release();
    },
  };
}, describeImageError);
