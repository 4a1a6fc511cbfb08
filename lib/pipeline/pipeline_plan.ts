/**
 * Plans in which order, and on which workers, the nodes of a pipeline run.
 *
 * @module
 */

import type { PipelineDefinition } from "../protocol/pipeline.ts";
import { executionOrder } from "./pipeline_definition.ts";
import type { PoolName, Step, StepParams } from "./step.ts";
import { gridOf, RESULT_STEP, STEPS } from "./steps.ts";

/** A node, with all that is needed to run it. */
export interface PlannedNode {
  /** Unique within the pipeline. */
  id: string;
  /** What it does. */
  step: Step;
  /** Parameters of the step. */
  params: StepParams;
  /** The nodes whose values it takes. */
  sources: readonly PlannedNode[];
  /** Shortest time between two runs in a stream, in milliseconds; `undefined` to run with every frame. */
  intervalMs: number | undefined;
}

/** Nodes that run one after the other on one worker, which has the image decoded once for all of them. */
export interface Segment {
  /** The workers. */
  pool: PoolName;
  /** In the order in which they run; none where only the size of the image is asked for. */
  nodes: readonly PlannedNode[];
  /** The nodes elsewhere whose values they take. */
  needs: readonly PlannedNode[];
}

/** What runs on one frame. */
export interface FramePlan {
  /** What runs on workers, each after those that it needs. */
  segments: readonly Segment[];
  /** What runs on the main thread, each after those that it needs. */
  mainNodes: readonly PlannedNode[];
}

/** How a pipeline runs. */
export interface PipelinePlan {
  /** All nodes, each after those that it takes values from. */
  nodes: readonly PlannedNode[];
  /** The node whose value is the result. */
  result: PlannedNode;
  /** The workers that it needs. */
  pools: ReadonlySet<PoolName>;
  /** For single images and for frames of videos: every node. */
  whole: FramePlan;
  /** For frames of streams: the nodes without an interval. */
  stream: FramePlan;
  /** What runs in streams beside the frames, a node each. */
  intervals: readonly Segment[];
}

/**
 * Plans a pipeline once, so that nothing has to be looked up for each frame.
 *
 * @param definition A valid one
 * @param readIntervalMs Replaces the interval of nodes that read; each has its own by default
 */
export function planPipeline(
  definition: PipelineDefinition,
  readIntervalMs?: number,
): PipelinePlan {
  const byId = new Map<string, PlannedNode>();
  for (const { id, step: name, params = {}, interval_ms } of executionOrder(definition)) {
    const step = STEPS.get(name);
    if (step === undefined) throw new TypeError(`Cannot run the step "${name}": unknown`);
    const sources = definition.edges.filter(({ to }) => to === id)
      .flatMap(({ from }) => byId.get(from) ?? []);
    const isReading = interval_ms !== undefined && step.runsOn === "reading";
    const intervalMs = isReading ? readIntervalMs ?? interval_ms : interval_ms;
    byId.set(id, { id, step, params, sources, intervalMs });
  }
  const nodes = [...byId.values()];
  const result = nodes.find(({ step }) => step === STEPS.get(RESULT_STEP));
  if (result === undefined) throw new TypeError("Cannot run the pipeline: it has no result");
  const onWorkers = nodes.filter(({ step }) => poolOf(step) !== undefined);
  const mainNodes = nodes.filter(({ step }) => step.runsOn === "main");
  const segments = toSegments(onWorkers);
  return {
    nodes,
    result,
    pools: new Set(segments.map(({ pool }) => pool)),
    // Without any, the size of the image would stay unknown, and what is no image would pass.
    whole: {
      segments: segments.length > 0 ? segments : [{ pool: "detection", nodes: [], needs: [] }],
      mainNodes,
    },
    stream: {
      segments: toSegments(onWorkers.filter(({ intervalMs }) => intervalMs === undefined)),
      mainNodes,
    },
    intervals: onWorkers.filter(({ intervalMs }) => intervalMs !== undefined)
      .flatMap((node) => toSegments([node])),
  };
}

/**
 * The node that follows the objects of the result; `undefined` where none does, where others are looked for behind it, or where
 * the result is made of several lists.
 */
export function trackerOfResult({ result }: PipelinePlan): PlannedNode | undefined {
  const sourceOf = ({ sources }: PlannedNode) => {
    const [source, ...others] = sources.filter(({ step }) => step.produces === "detections");
    return others.length === 0 ? source : undefined;
  };
  let node = sourceOf(result);
  while (node?.step.runsOn === "main" && node.step !== STEPS.get("track")) node = sourceOf(node);
  return node?.step.runsOn === "main" ? node : undefined;
}

/** The first node that finds objects; `undefined` where none does. */
export function detectingNode({ nodes }: PipelinePlan): PlannedNode | undefined {
  return nodes.find(({ step }) => step.runsOn === "detection" && step.produces === "detections");
}

/** Whether a node looks into the pixels of the image beyond what a detector's input shows. */
export function needsPixels({ step, sources, params }: PlannedNode): boolean {
  return step.runsOn === "reading" ||
    step.runsOn === "detection" &&
      (gridOf(params) !== undefined ||
        sources.some((source) => source.step.produces === "detections"));
}

function poolOf({ runsOn }: Step): PoolName | undefined {
  return runsOn === "detection" || runsOn === "reading" ? runsOn : undefined;
}

/**
 * Joins nodes that can run on one worker one after the other: those that take values only of each other, of the image, or of
 * what is there before the first of them.
 *
 * @param nodes Each after those that it takes values from
 */
function toSegments(nodes: readonly PlannedNode[]): Segment[] {
  const depths = new Map<PlannedNode, number>();
  const groups = new Map<string, { pool: PoolName; nodes: PlannedNode[] }>();
  for (const node of nodes) {
    const pool = poolOf(node.step);
    if (pool === undefined) continue;
    const depth = Math.max(0, ...node.sources.map((source) => depthBelow(source, pool, depths)));
    depths.set(node, depth);
    const key = `${depth} ${pool}`;
    const group = groups.get(key) ?? { pool, nodes: [] };
    group.nodes.push(node);
    groups.set(key, group);
  }
  // The deeper ones take values of those above.
  const ordered = [...groups].toSorted(([a], [b]) => parseInt(a) - parseInt(b));
  return ordered.map(([, group]) => ({ ...group, needs: needsOf(group.nodes) }));
}

/** How many times work has gone to workers and come back before a node of `pool` can take the value of `source`. */
function depthBelow(
  source: PlannedNode,
  pool: PoolName,
  depths: ReadonlyMap<PlannedNode, number>,
): number {
  const depth = depths.get(source);
  if (depth !== undefined) return poolOf(source.step) === pool ? depth : depth + 1;
  if (source.step.runsOn !== "main") return 0;
  // On the main thread everything is back.
  const above = source.sources.flatMap((each) => workersAbove(each, depths));
  return Math.max(0, ...above.map((each) => each + 1));
}

function workersAbove(
  node: PlannedNode,
  depths: ReadonlyMap<PlannedNode, number>,
): number[] {
  const depth = depths.get(node);
  return depth === undefined
    ? node.sources.flatMap((source) => workersAbove(source, depths))
    : [depth];
}

function needsOf(nodes: readonly PlannedNode[]): PlannedNode[] {
  const needed = nodes.flatMap(({ sources }) => sources).filter((source) =>
    !nodes.includes(source) && source.step.runsOn !== "anywhere"
  );
  return [...new Set(needed)];
}
