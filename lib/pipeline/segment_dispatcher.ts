/**
 * Where the nodes of a pipeline may run besides this machine.
 *
 * @module
 */

import type { ImageInput } from "../image/pixel_image.ts";
import type { Size } from "../image/size.ts";
import type { PoolLoad, Turn } from "../workers/worker_pool.ts";
import type { SegmentResult } from "./pipeline_executor.ts";
import type { NodeValue, PoolName } from "./step.ts";
import type { TextMemory } from "./worker_tasks.ts";

/** Some nodes that are to run on one image. */
export interface SegmentRun {
  /** Id of the pipeline. */
  pipelineId: string;
  /** The workers that the nodes are made for. */
  pool: PoolName;
  /** Ids of the nodes, in the order in which they run. */
  nodes: readonly string[];
  /** Not to be used afterwards, since its memory goes to a worker. */
  image: ImageInput;
  /** Whether it is turned as its EXIF orientation says. */
  upright?: boolean;
  /** The values of nodes elsewhere that they take, by id. */
  given: Readonly<Record<string, NodeValue>>;
  /** Whose turn it is. */
  turn: Turn;
  /** Input of the detector; the default one where it is not given. */
  inputSize?: Size | undefined;
  /** What is known of the text of the stream that the image is of. */
  memory?: TextMemory | undefined;
}

/** The workers of one machine. */
export interface LocalWorkers {
  /** How much those of a kind have to do now. */
  load(pool: PoolName): PoolLoad;
  /** Runs nodes on them, when it is their turn. */
  run(run: SegmentRun): Promise<SegmentResult>;
}

/**
 * Decides on which machine nodes run, and has them run there.
 *
 * It is declared here and implemented elsewhere, so that pipelines know of no network.
 */
export interface SegmentDispatcher {
  /**
   * Runs nodes here or elsewhere.
   *
   * @param run Its image is not to be used afterwards
   * @throws As {@linkcode LocalWorkers.run} does, wherever it fails
   * @throws {OverloadedError} If no machine can take it now, but one may soon
   */
  dispatch(run: SegmentRun, local: LocalWorkers): Promise<SegmentResult>;
  /** Workers of a kind on other machines that can be used now. */
  workersElsewhere(pool: PoolName): number;
}
