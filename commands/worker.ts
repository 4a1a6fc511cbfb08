/**
 * `livesyte worker`: computes for the servers of a cluster, and answers no clients.
 *
 * @module
 */

import { logEvent, startLogging, stopLogging } from "../lib/telemetry/log.ts";
import { type Services, VERSION } from "../services.ts";
import { untilAskedToStop } from "./until_asked_to_stop.ts";
import { UsageError } from "./usage_error.ts";

/** How long stopping may take at most, in milliseconds. */
const STOP_TIMEOUT_MS = 9000;

/**
 * Checks that a worker makes sense with the settings, before anything is fetched or loaded.
 *
 * @throws {UsageError} If nobody could ask it, or it could not compute
 */
export function checkWorkerSettings({ config: { cluster, pipeline } }: Services): void {
  if (cluster === undefined) {
    throw new UsageError(
      "Cannot start a worker without NATS_URL: set it to where the servers meet, such as nats://10.0.0.1:4222",
    );
  }
  if (pipeline.workers === 0) {
    throw new UsageError(
      "Cannot start a worker with PIPELINE_WORKERS=0: it would compute nothing",
    );
  }
}

/**
 * Computes until the process is asked to stop; what has begun by then is finished.
 *
 * @throws {UserError} If a model or the credentials cannot be used
 */
export async function runWorker(services: Services): Promise<void> {
  const asked = untilAskedToStop(STOP_TIMEOUT_MS);
  const { logLevel: level, logFormat: format } = services.config;
  await startLogging({ level, format });
  try {
    const started = services.startWorker().then(() =>
      logEvent("info", "server_start", `livesyte ${VERSION} computes for its cluster`)
    );
    await Promise.race([started, asked]);
    const signal = await asked;
    logEvent("info", "server_stop", "Stopping", { signal });
  } finally {
    await services.stop();
    await stopLogging();
  }
}
