/**
 * What a server says of the cluster that it belongs to.
 *
 * @module
 */

import * as v from "valibot";
import { count, text, uuid } from "./values.ts";

/** Schema of {@linkcode ClusterNode}. */
export const ClusterNodeSchema = v.object({
  /** Of this run of the program. */
  node_id: uuid,
  /** Host name of its machine. */
  host: text,
  /** `serve` answers clients, and computes too if it has workers; `worker` only computes. */
  role: v.picklist(["serve", "worker"]),
  /** Its version of livesyte. */
  version: text,
  /** Its workers that find objects. */
  workers: count,
  /** Frames that are with these workers or wait for them. */
  frames_under_way: count,
  /** Whether it has the same version, models and pipelines; only then the two compute for each other. */
  equal: v.boolean(),
});

/** Another node of a cluster. */
export type ClusterNode = v.InferOutput<typeof ClusterNodeSchema>;

/** Schema of {@linkcode ClusterHealth}. */
export const ClusterHealthSchema = v.object({
  /** Name of the cluster. */
  name: text,
  /** Of the node that answers. */
  node_id: uuid,
  /** Whether NATS is reached. */
  connected: v.boolean(),
  /** The other nodes. */
  nodes: v.array(ClusterNodeSchema),
  /** What is wrong, a sentence each; empty when nothing is. */
  problems: v.array(text),
});

/** A cluster as one of its nodes sees it. */
export type ClusterHealth = v.InferOutput<typeof ClusterHealthSchema>;
