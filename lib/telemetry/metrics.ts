/**
 * What Prometheus can ask for; no label holds a session id.
 *
 * @module
 */

import { cpuUsage } from "node:process";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { StageTimings } from "../protocol/result.ts";

/** All metrics of this process. */
export const metricsRegistry: Registry = new Registry();

const registers = [metricsRegistry];

const frameSeconds = new Histogram({
  name: "stream_frame_seconds",
  help: "Time that a frame spent in each stage",
  labelNames: ["stage"],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2.5],
  registers,
});

const framesProcessed = new Counter({
  name: "stream_frames_processed_total",
  help: "Frames that were answered with a result",
  registers,
});

/** Metrics of the streams. */
export const streamMetrics = {
  sessionsActive: new Gauge({
    name: "stream_sessions_active",
    help: "Sessions that are open now",
    registers,
  }),
  sessions: new Counter({
    name: "stream_sessions_total",
    help: "Sessions that have been opened",
    registers,
  }),
  framesReceived: new Counter({
    name: "stream_frames_received_total",
    help: "Valid frames that have arrived",
    registers,
  }),
  framesProcessed,
  framesDropped: new Counter({
    name: "stream_frames_dropped_total",
    help: "Frames that were answered with a drop",
    registers,
  }),
  slowDownSignals: new Counter({
    name: "stream_slowdown_signals_total",
    help: "Times that a client was asked to slow down",
    registers,
  }),
  bytesReceived: new Counter({
    name: "stream_bytes_received_total",
    help: "Bytes of all binary messages that have arrived",
    registers,
  }),
  errors: new Counter({
    name: "stream_errors_total",
    help: "Sessions that ended with an error, or were refused, by its code",
    labelNames: ["code"],
    registers,
  }),

  /** Counts a processed frame and the time of its stages. */
  observeFrame(timings: StageTimings): void {
    framesProcessed.inc();
    for (const stage of ["wait", "decode", "detect", "ocr", "total"] as const) {
      // Most frames of a stream go without a reading, and would hide how long the others took.
      if (stage === "ocr" && timings.ocr === 0) continue;
      frameSeconds.observe({ stage }, timings[stage] / 1000);
    }
  },
};

/** Metrics of the inference workers. */
export const pipelineMetrics = {
  workersAlive: new Gauge({
    name: "pipeline_workers_alive",
    help: "Inference workers that are alive",
    registers,
  }),
  device: new Gauge({
    name: "pipeline_device",
    help: "1 for the device that runs the detector",
    labelNames: ["device"],
    registers,
  }),
  queueWaiting: new Gauge({
    name: "pipeline_queue_waiting",
    help: "Frames that wait for a worker",
    registers,
  }),
  workerRestarts: new Counter({
    name: "pipeline_worker_restarts_total",
    help: "Inference workers that died or hung and were replaced",
    registers,
  }),
};

/** Metrics of the video jobs. */
export const videoMetrics = {
  jobs: new Gauge({
    name: "video_jobs",
    help: "Video jobs that are kept, by where they stand",
    labelNames: ["status"],
    registers,
  }),
  jobSeconds: new Histogram({
    name: "video_job_seconds",
    help: "Time from the first frame of a video job to its end",
    buckets: [1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600],
    registers,
  }),
};

/** Metrics of the cameras that the server opens itself. */
export const cameraMetrics = {
  state: new Gauge({
    name: "camera_state",
    help: "1 for the state that a camera is in",
    labelNames: ["camera", "state"],
    registers,
  }),
  frames: new Counter({
    name: "camera_frames_total",
    help: "Frames of a camera that were answered with a result",
    labelNames: ["camera"],
    registers,
  }),
  restarts: new Counter({
    name: "camera_restarts_total",
    help: "Times that a camera was started again after a failure",
    labelNames: ["camera"],
    registers,
  }),
  clients: new Gauge({
    name: "camera_clients",
    help: "Clients that look at a camera now",
    labelNames: ["camera"],
    registers,
  }),
};

/** Metrics of events. */
export const eventMetrics = {
  events: new Counter({
    name: "events_total",
    help: "Events that rules have noticed",
    labelNames: ["rule", "type"],
    registers,
  }),
  lost: new Counter({
    name: "events_lost_total",
    help: "Events that could not be kept, and so were not sent either",
    registers,
  }),
  deliveries: new Counter({
    name: "event_deliveries_total",
    help:
      "Attempts to send an event, by what became of them; given_up for an event that is not tried any more",
    labelNames: ["target", "result"],
    registers,
  }),
  outbox: new Gauge({
    name: "event_outbox",
    help: "Events that wait to be sent",
    labelNames: ["target"],
    registers,
  }),
};

/** Metrics of the door. */
export const frontMetrics = {
  connections: new Gauge({
    name: "front_connections",
    help: "Connections of clients that are open now",
    registers,
  }),
  refusals: new Counter({
    name: "front_refusals_total",
    help: "Connections, requests and WebSockets that were ended by a limit, by the limit",
    labelNames: ["reason"],
    registers,
  }),
};

new Gauge({
  name: "process_resident_memory_bytes",
  help: "Resident memory of the process",
  registers,
  collect() {
    this.set(Deno.memoryUsage().rss);
  },
});

new Gauge({
  name: "process_start_time_seconds",
  help: "When the process started, in seconds since the epoch",
  registers,
}).set(performance.timeOrigin / 1000);

new Counter({
  name: "process_cpu_seconds_total",
  help: "Processor time of the process, all threads together",
  registers,
  collect() {
    const { user, system } = cpuUsage();
    this.reset();
    this.inc((user + system) / 1e6);
  },
});
