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
import { ModelCache } from "./model_cache.ts";
import { needsPixels } from "./pipeline_plan.ts";
import { misplaced, nodeLookup, runNodes } from "./run_nodes.ts";
import type { DetectTask, SegmentOutcome, WorkerSetup } from "./worker_tasks.ts";

runWorkerLoop<WorkerSetup, DetectTask, SegmentOutcome>(async (setup) => {
  const { pipelines, detectors: [first, ...others], inputSize, fitsFrames, maxPixels } = setup;
  const nodesFor = nodeLookup(pipelines);
  const cache = new ModelCache(setup.memoryBytes);
  const classifierFor = async (model: string | undefined, threads: number) => {
    const file = setup.classifiers.get(model);
    if (file === undefined) throw unknown(model);
    return await cache.classifier(file, { ...setup, threads });
  };
  // The model of all nodes, so that no frame has to wait for it.
  if (first !== undefined) await cache.detector({ ...setup, prepared: first, input: inputSize });
  else if (setup.classifiers.has(undefined)) await classifierFor(undefined, setup.threads);
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
        if (prepared === undefined) throw unknown(model);
        const like = task.inputSize ?? inputSize;
        const shaped = fitsFrames ? shapeInput(await frame.size(), like) : like;
        const detector = await cache.detector({
          ...setup,
          prepared,
          input: prepared.ownInput ?? shaped,
          threads,
        });
        input ??= detector.input;
        return detector;
      };
      const outcome = await runNodes(nodes, given, frame, async (node, inputs) => {
        if (node.step.runsOn !== "detection") throw misplaced(node);
        return await node.step.run(inputs, node.params, {
          frame,
          detectorFor,
          classifierFor: (model) => classifierFor(model, threads),
        });
      });
      return { ...outcome, input };
    },
    async release() {
      await cache.release();
    },
  };
}, describeImageError);

function unknown(model = "of all nodes"): RangeError {
  return new RangeError(`Cannot use the model "${model}": unknown`);
}
