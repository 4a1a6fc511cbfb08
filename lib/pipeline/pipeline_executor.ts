/**
 * Runs the graph of a pipeline on one frame, as it is written.
 *
 * @module
 */

import type { ImageInput } from "../image/pixel_image.ts";
import type { Size } from "../image/size.ts";
import type { PoolResult } from "../workers/worker_pool.ts";
import type { FramePlan, PipelinePlan, PlannedNode, Segment } from "./pipeline_plan.ts";
import { inputsOf, misplaced } from "./run_nodes.ts";
import type { Findings, MainContext, NodeValue, PoolName } from "./step.ts";
import type { SegmentOutcome } from "./worker_tasks.ts";

/** What running nodes on a worker gave, and how long it waited for one. */
export type SegmentResult = PoolResult<SegmentOutcome>;

/** Runs nodes on a worker, which is given the memory of the image. */
export type RunSegment = (
  segment: Segment,
  image: ImageInput,
  given: Readonly<Record<string, NodeValue>>,
) => Promise<SegmentResult>;

/** What a frame is run with. */
export interface FrameRun {
  /** The nodes that are to run. */
  plan: FramePlan;
  /** Not to be used afterwards, since its memory goes to a worker. */
  image: ImageInput;
  /** Its size, where nothing that runs would tell it. */
  size?: Size | undefined;
  /** The values of nodes that are not to run, as they were found last. */
  latest: ReadonlyMap<PlannedNode, NodeValue>;
  /** Runs nodes on workers. */
  runSegment: RunSegment;
  /** What nodes on the main thread work with. */
  context: Omit<MainContext, "nodeId">;
}

/** What running a pipeline on one frame gave. */
export interface FrameOutcome {
  /** What its node of the step `result` gave. */
  findings: Findings;
  /** What each part that ran on workers gave. */
  segments: (SegmentResult & { pool: PoolName })[];
  /** Milliseconds that each node on the main thread took, by its id. */
  mainTimes: Record<string, number>;
}

/**
 * Runs what a plan says; parts that do not need each other run at the same time.
 *
 * @param onValue Called with the promise of each node's value, before it is there
 * @throws What running a segment throws
 */
export async function runFrame(
  { result }: PipelinePlan,
  { plan, image, size, latest, runSegment, context }: FrameRun,
  onValue: (node: PlannedNode, value: Promise<NodeValue>) => void = () => {},
): Promise<FrameOutcome> {
  const values = new Map<PlannedNode, Promise<NodeValue>>();
  const outcomes: Promise<SegmentResult & { pool: PoolName }>[] = [];
  const mainTimes: Record<string, number> = {};
  const keep = (node: PlannedNode, value: Promise<NodeValue>) => {
    // Whoever awaits it has its failure; that nobody does must not end the process.
    value.catch(() => {});
    values.set(node, value);
    onValue(node, value);
  };
  for (const [node, value] of latest) keep(node, Promise.resolve(value));
  const valuesOf = async (nodes: readonly PlannedNode[]) => {
    const entries = nodes.map(async (node) => [node.id, await values.get(node)] as const);
    return Object.fromEntries(await Promise.all(entries)) as Record<string, NodeValue>;
  };
  const sizeOf = async (): Promise<Size> => size ?? (await Promise.any(outcomes)).outcome.image;

  async function runMain(node: PlannedNode): Promise<NodeValue> {
    const { step } = node;
    if (step.runsOn !== "main") throw misplaced(node);
    const given = await valuesOf(node.sources.filter(({ step }) => step.runsOn !== "anywhere"));
    const imageSize = await sizeOf();
    const startedAt = performance.now();
    const inputs = inputsOf(
      node,
      ({ id, step }) => step.runsOn === "anywhere" ? imageSize : given[id],
    );
    const value = await step.run(inputs, node.params, { ...context, nodeId: node.id });
    mainTimes[node.id] = performance.now() - startedAt;
    return value;
  }

  async function runOnWorker(segment: Segment, input: ImageInput) {
    const given = await valuesOf(segment.needs);
    return { ...await runSegment(segment, input, given), pool: segment.pool };
  }

  // A node may take values of any that comes before it, and each awaits what it takes.
  const inputs = copies(image, plan.segments.length);
  const pending = new Map(plan.segments.map((segment, index) => [segment, inputs[index]]));
  const waiting = [...plan.mainNodes];
  const isKnown = (nodes: readonly PlannedNode[]) =>
    nodes.every((node) => node.step.runsOn === "anywhere" || values.has(node));
  while (pending.size > 0 || waiting.length > 0) {
    const segment = pending.keys().find(({ needs }) => isKnown(needs));
    if (segment !== undefined) {
      const outcome = runOnWorker(segment, pending.get(segment) ?? image);
      outcome.catch(() => {});
      pending.delete(segment);
      outcomes.push(outcome);
      for (const node of segment.nodes) {
        keep(node, outcome.then(({ outcome: { values } }) => values[node.id]));
      }
      continue;
    }
    const index = waiting.findIndex(({ sources }) => isKnown(sources));
    if (index === -1) throw new TypeError("Cannot run the pipeline: its nodes wait for each other");
    const [node] = waiting.splice(index, 1);
    keep(node, runMain(node));
  }
  const segments = await Promise.all(outcomes);
  const findings = await values.get(result) as Findings;
  return { findings, segments, mainTimes };
}

/** An image for each of several workers, who keep the memory that they are given. */
function copies(image: ImageInput, count: number): ImageInput[] {
  return Array.from({ length: count }, (_, index) => index === count - 1 ? image : copyOf(image));
}

/** An image with memory of its own. */
export function copyOf(image: ImageInput): ImageInput {
  return image instanceof Uint8Array
    ? new Uint8Array(image)
    : { ...image, pixels: new Uint8Array(image.pixels) };
}
