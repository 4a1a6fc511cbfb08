/**
 * Logging: one JSON object a line on standard output, or readable lines on a terminal.
 *
 * @module
 */

import { configure, getLogger, type LogRecord, reset, type Sink } from "@logtape/logtape";
import type { LogLevel } from "../config.ts";

/** Everything that is ever logged, by name. */
export type LogEvent =
  | "server_start"
  | "server_stop"
  | "server_error"
  | "deprecated_path"
  | "connection_limit"
  | "certificate"
  | "model_fetch"
  | "text_model"
  | "pipeline_device"
  | "pipeline_ready"
  | "worker_restart"
  | "cluster_connection"
  | "cluster_node"
  | "cluster_problem"
  | "stream_connect"
  | "stream_disconnect"
  | "stream_frame_processed"
  | "stream_frame_dropped"
  | "stream_slow_down"
  | "stream_pipeline_error"
  | "stream_error"
  | "stream_state"
  | "camera_state"
  | "camera_error"
  | "camera_owner"
  | "job_created"
  | "job_started"
  | "job_completed"
  | "job_failed"
  | "job_cancelled"
  | "job_damaged"
  | "job_removed"
  | "job_callback_failed"
  | "job_cleared"
  | "job_sweep_failed"
  | "job_waits"
  | "jobs_hidden"
  | "event_without_snapshot"
  | "event_lost"
  | "event_store_failed"
  | "event_not_delivered"
  | "event_delivery"
  | "event_given_up"
  | "event_mqtt";

/** Fields of a log line, beside `timestamp`, `level`, `event` and `message`. Never image bytes, tokens or recognised text. */
export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

const logger = getLogger("livesyte");
const encoder = new TextEncoder();

/** Logs one event. */
export function logEvent(
  level: LogLevel,
  event: LogEvent,
  message: string,
  fields: LogFields = {},
): void {
  // The message goes in as a field too, because LogTape would read braces in it as placeholders.
  logger[level === "warning" ? "warn" : level]("{message}", { event, message, ...fields });
}

/** One line of JSON, with a newline. */
export function formatJson({ timestamp, level, properties }: LogRecord): string {
  const { event, message, ...fields } = properties;
  const time = new Date(timestamp).toISOString();
  return JSON.stringify({ timestamp: time, level, event, message, ...fields }) + "\n";
}

/** One line for people, with a newline. */
function formatPretty({ timestamp, level, properties }: LogRecord): string {
  const { event: _event, message, ...fields } = properties;
  const time = new Date(timestamp).toISOString().slice(11, 19);
  const details = Object.entries(fields).map(([key, value]) => ` ${key}=${value}`).join("");
  const mark = level === "info" || level === "debug" ? "" : `${level}: `;
  return `${time} ${mark}${message}${details}\n`;
}

function standardOutput(format: (record: LogRecord) => string): Sink {
  return (record) => {
    const line = encoder.encode(format(record));
    try {
      for (let written = 0; written < line.length;) {
        written += Deno.stdout.writeSync(line.subarray(written));
      }
    } catch {
      // Whoever read the log has gone; the server goes on without it.
    }
  };
}

/** Starts logging; until then nothing is logged. */
export async function startLogging(
  { level, format }: { level: LogLevel; format: "json" | "pretty" },
): Promise<void> {
  await configure({
    reset: true,
    sinks: { output: standardOutput(format === "json" ? formatJson : formatPretty) },
    loggers: [
      { category: "livesyte", sinks: ["output"], lowestLevel: level },
      // LogTape's own log would announce itself on every start.
      { category: ["logtape", "meta"], sinks: [] },
    ],
  });
}

/** Ends logging. */
export async function stopLogging(): Promise<void> {
  await reset();
}
