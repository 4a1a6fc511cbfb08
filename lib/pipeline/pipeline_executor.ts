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
  context: Pick<MainContext, "track">;
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
  run: FrameRun,
  onValue: (node: PlannedNode, value: Promise<NodeValue>) => void = () => {},
): Promise<FrameOutcome> {
  const execution = new FrameExecution(run, onValue);
  execution.begin();
  return await execution.finish(result);
}

/** One run of a plan. Each part awaits the values that it takes, and gives promises of its own. */
class FrameExecution {
  readonly #run: FrameRun;
  readonly #onValue: (node: PlannedNode, value: Promise<NodeValue>) => void;
  readonly #values = new Map<PlannedNode, Promise<NodeValue>>();
  readonly #outcomes: Promise<SegmentResult & { pool: PoolName }>[] = [];
  readonly #mainTimes: Record<string, number> = {};
  #imagesToGive: number;

  constructor(
    run: FrameRun,
    onValue: (node: PlannedNode, value: Promise<NodeValue>) => void,
  ) {
    this.#run = run;
    this.#onValue = onValue;
    this.#imagesToGive = run.plan.segments.length;
    for (const [node, value] of run.latest) this.#keep(node, Promise.resolve(value));
  }

  /** Sets every part off, each once there are promises of all that it takes. */
  begin(): void {
    const { segments, mainNodes } = this.#run.plan;
    const parts = new Map<Segment | PlannedNode, () => void>([
      ...segments.map((segment) => [segment, () => this.#beginSegment(segment)] as const),
      ...mainNodes.map((node) => [node, () => this.#keep(node, this.#runMain(node))] as const),
    ]);
    while (parts.size > 0) {
      const next = parts.entries().find(([part]) => this.#isReady(part));
      if (next === undefined) throw new TypeError("Cannot run the pipeline: it waits for itself");
      const [part, begin] = next;
      parts.delete(part);
      begin();
    }
  }

  /** Awaits all parts. */
  async finish(result: PlannedNode): Promise<FrameOutcome> {
    const segments = await Promise.all(this.#outcomes);
    const findings = await this.#values.get(result) as Findings;
    return { findings, segments, mainTimes: this.#mainTimes };
  }

  #isReady(part: Segment | PlannedNode): boolean {
    const needs = "needs" in part ? part.needs : part.sources;
    return needs.every((node) => node.step.runsOn === "anywhere" || this.#values.has(node));
  }

  #keep(node: PlannedNode, value: Promise<NodeValue>): void {
    // Those that await it get its failure; an unhandled rejection must not end the process.
    value.catch(() => {});
    this.#values.set(node, value);
    this.#onValue(node, value);
  }

  #beginSegment(segment: Segment): void {
    const outcome = this.#runSegment(segment);
    this.#outcomes.push(outcome);
    for (const node of segment.nodes) {
      this.#keep(node, outcome.then(({ outcome: { values } }) => values[node.id]));
    }
    outcome.catch(() => {});
  }

  async #runSegment(segment: Segment) {
    const given = await awaitValues(segment.needs, this.#values);
    const outcome = await this.#run.runSegment(segment, this.#takeImage(), given);
    return { ...outcome, pool: segment.pool };
  }

  /** The image for one more worker, who keeps its memory: a copy, made no sooner than it is needed, for all but the last. */
  #takeImage(): ImageInput {
    this.#imagesToGive -= 1;
    return this.#imagesToGive === 0 ? this.#run.image : copyOf(this.#run.image);
  }

  async #runMain(node: PlannedNode): Promise<NodeValue> {
    const { id: nodeId, step, params, sources } = node;
    if (step.runsOn !== "main") throw misplaced(node);
    const given = await awaitValues(
      sources.filter(({ step: { runsOn } }) => runsOn !== "anywhere"),
      this.#values,
    );
    const size = await this.#imageSize();
    const startedAt = performance.now();
    const inputs = inputsOf(
      node,
      ({ id, step: { runsOn } }) => runsOn === "anywhere" ? size : given[id],
    );
    const value = await step.run(inputs, params, { ...this.#run.context, nodeId, size });
    this.#mainTimes[nodeId] = performance.now() - startedAt;
    return value;
  }

  /** As reported by the first worker that has decoded the image. */
  async #imageSize(): Promise<Size> {
    return this.#run.size ?? (await Promise.any(this.#outcomes)).outcome.image;
  }
}

/** The outputs of nodes by id, once they are there. */
export async function awaitValues(
  nodes: readonly PlannedNode[],
  values: ReadonlyMap<PlannedNode, Promise<NodeValue>>,
): Promise<Record<string, NodeValue>> {
  const entries = nodes.map(async (node) => [node.id, await values.get(node)] as const);
  return Object.fromEntries(await Promise.all(entries)) as Record<string, NodeValue>;
}

/** An image with memory of its own. */
function copyOf(image: ImageInput): ImageInput {
  return image instanceof Uint8Array
    ? new Uint8Array(image)
    : { ...image, pixels: new Uint8Array(image.pixels) };
}
