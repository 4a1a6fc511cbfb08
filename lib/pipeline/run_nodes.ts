import type { FrameDecoder } from "../image/frame_decoder.ts";
import type { PipelineDefinition } from "../protocol/pipeline.ts";
import { type PlannedNode, planPipeline } from "./pipeline_plan.ts";
import type { NodeValue, StepInputs } from "./step.ts";
import type { SegmentOutcome } from "./worker_tasks.ts";

/** Gathers what the edges bring a node; where several bring it lists of one type, these become one. */
export function inputsOf(
  { sources }: PlannedNode,
  valueOf: (source: PlannedNode) => NodeValue | undefined,
): StepInputs {
  const inputs: Record<string, NodeValue | undefined> = {};
  for (const source of sources) {
    const type = source.step.produces;
    const [before, value] = [inputs[type], valueOf(source)];
    const isList = Array.isArray(before) && Array.isArray(value);
    inputs[type] = isList ? [...before, ...value] as NodeValue : value;
  }
  return inputs as StepInputs;
}

/**
 * Runs nodes on the worker that they are made for, one after the other.
 *
 * @param nodes In the order in which they run
 * @param given The values of nodes that ran elsewhere, by id
 * @param run Runs one of them
 */
export async function runNodes(
  nodes: readonly PlannedNode[],
  given: Readonly<Record<string, NodeValue>>,
  frame: FrameDecoder,
  run: (node: PlannedNode, inputs: StepInputs) => Promise<NodeValue> | NodeValue,
): Promise<SegmentOutcome> {
  const values: Record<string, NodeValue> = {};
  const times: Record<string, number> = {};
  for (const node of nodes) {
    const inputs = inputsOf(node, ({ id, step: { runsOn } }) =>
      // On a worker the image is its pixels, which the frame has.
      runsOn === "anywhere" ? { width: 0, height: 0 } : values[id] ?? given[id]);
    const decodedBefore = frame.decodeMs;
    const startedAt = performance.now();
    values[node.id] = await run(node, inputs);
    const decodingMs = frame.decodeMs - decodedBefore;
    times[node.id] = performance.now() - startedAt - decodingMs;
  }
  return { image: await frame.size(), values, times, decodeMs: frame.decodeMs };
}

/** The error for a node whose step runs elsewhere. */
export function misplaced({ id }: PlannedNode): TypeError {
  return new TypeError(`Cannot run the node "${id}" here: its step runs elsewhere`);
}

/**
 * Finds the nodes that tasks name, in pipelines that are planned once.
 *
 * @returns Throws a `RangeError` for a pipeline or a node that is unknown
 */
export function nodeLookup(
  pipelines: readonly PipelineDefinition[],
): (pipelineId: string, ids: readonly string[]) => PlannedNode[] {
  const nodes = new Map(pipelines.map((definition) => [
    definition.id,
    new Map(planPipeline(definition).nodes.map((node) => [node.id, node])),
  ]));
  return (pipelineId, ids) =>
    ids.map((id) => {
      const node = nodes.get(pipelineId)?.get(id);
      if (node !== undefined) return node;
      throw new RangeError(`Cannot run the node "${id}" of the pipeline "${pipelineId}": unknown`);
    });
}
