/**
 * What Prometheus can ask for of a cluster; there only where one is used.
 *
 * @module
 */

import { Counter, Gauge, Histogram } from "prom-client";
import { metricsRegistry } from "../telemetry/metrics.ts";

const registers = [metricsRegistry];

/** Metrics of the cluster, as this node sees it. */
export const clusterMetrics = {
  nodes: new Gauge({
    name: "cluster_nodes",
    help: "Nodes that work together, this one included",
    registers,
  }),
  frames: new Counter({
    name: "cluster_frames_total",
    help:
      "Parts of frames that other nodes have computed for this one, by the host name of the node",
    labelNames: ["node"],
    registers,
  }),
  failovers: new Counter({
    name: "cluster_failovers_total",
    help: "Parts of frames that were asked of a second node because the first was lost",
    registers,
  }),
  jobTakeovers: new Counter({
    name: "cluster_job_takeovers_total",
    help: "Video jobs that a node went on with after another had begun them",
    registers,
  }),
  requestSeconds: new Histogram({
    name: "cluster_request_seconds",
    help: "Time from asking another node for a part of a frame to its answer",
    buckets: [0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2.5, 10],
    registers,
  }),
};
